export function DetailsPanel({ roomId }: { roomId: string; onClose: () => void }) {
  return <p>{roomId}</p>;
}
