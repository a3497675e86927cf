const identifier = /^[A-Za-z_$][\w$]*$/;

/** A path with one more step: `spec.ports` and `0` make `spec.ports[0]`. */
export function fieldPath(path: string, step: PropertyKey): string {
  if (typeof step === "number") return `${path}[${step}]`;
  const name = String(step);
  if (!identifier.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

/** A path with the steps of a schema's issue. */
export function formatPath(path: string, steps: readonly (PropertyKey | { readonly key: PropertyKey })[]): string {
  return steps.reduce<string>((at, step) => fieldPath(at, typeof step === "object" ? step.key : step), path);
}
