/** `@anna:example.org` is `anna` to people. */
export function localPart(userId: string): string {
  return userId.replace(/^@/, "").replace(/:.*$/, "");
}
