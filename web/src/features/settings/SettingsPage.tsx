export function SettingsPage({ section }: { section: string | null }) {
  return <p>{section}</p>;
}
