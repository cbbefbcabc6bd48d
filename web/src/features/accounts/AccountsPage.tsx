export function AccountsPage({ id }: { id: string | null }) {
  return <p>{id}</p>;
}
