/** The name that the semantic conventions have for the database behind a store's driver. */
export function systemName(driver: string): string {
  return driver === "postgres" ? "postgresql" : driver;
}
