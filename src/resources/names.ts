import { shown } from "../core/check.js";
import type { FieldIssue } from "./errors.js";

/** What is wrong with a value; `undefined` when nothing is. */
type Complaint = string | undefined;

const label = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const qualified = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const longestLabel = 63;
const longestSubdomain = 253;
const largestAnnotations = 256 * 1024;

/** The rules of RFC 1123 for one label of a host name, as Kubernetes applies them to namespaces. */
export function dnsLabelComplaint(value: unknown): Complaint {
  if (typeof value === "string" && value.length <= longestLabel && label.test(value)) return undefined;
  return `expected at most 63 characters of a-z, 0-9 and "-", with a letter or digit at both ends, got ${shown(value)}`;
}

/** The rules of RFC 1123 for a host name, as Kubernetes applies them to the names of objects. */
export function dnsSubdomainComplaint(value: unknown): Complaint {
  if (typeof value === "string" && value.length <= longestSubdomain && subdomain.test(value)) return undefined;
  return (
    `expected at most 253 characters of a-z, 0-9, "-" and ".", with a letter or digit at both ends of each part, ` +
    `got ${shown(value)}`
  );
}

/** The rules of Kubernetes for the keys of labels and annotations and for finalizers: `name` or `example.com/name`. */
export function qualifiedNameComplaint(value: unknown): Complaint {
  const expected = 'expected a name such as "app" or "example.com/app"';
  if (typeof value !== "string") return `${expected}, got ${shown(value)}`;
  const slash = value.indexOf("/");
  if (slash !== -1 && dnsSubdomainComplaint(value.slice(0, slash)) !== undefined) {
    return `${expected}: before the "/" a lower-case host name, got ${shown(value)}`;
  }
  const name = value.slice(slash + 1);
  if (name.length <= longestLabel && qualified.test(name)) return undefined;
  return `${expected}: at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends, got ${shown(value)}`;
}

/** The rules of Kubernetes for the value of a label: empty, or as a name without its prefix. */
export function labelValueComplaint(value: unknown): Complaint {
  if (typeof value === "string" && value.length <= longestLabel && (value === "" || qualified.test(value))) {
    return undefined;
  }
  return (
    `expected at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends, ` +
    `got ${shown(value)}`
  );
}

/** Checks labels; each issue's path says which. */
export function labelIssues(path: string, labels: Readonly<Record<string, unknown>>): FieldIssue[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...issue(path, qualifiedNameComplaint(key)),
    ...issue(`${path}[${JSON.stringify(key)}]`, labelValueComplaint(value)),
  ]);
}

/** Checks annotations: their keys, and that all of them together stay below 256 KiB. */
export function annotationIssues(path: string, annotations: Readonly<Record<string, unknown>>): FieldIssue[] {
  const encoder = new TextEncoder();
  let size = 0;
  const issues = Object.entries(annotations).flatMap(([key, value]) => {
    if (typeof value !== "string") {
      return [{ path: `${path}[${JSON.stringify(key)}]`, message: `expected a string, got ${shown(value)}` }];
    }
    size += encoder.encode(key).length + encoder.encode(value).length;
    // Kubernetes compares the keys of annotations, unlike those of labels, without regard to case.
    return issue(path, qualifiedNameComplaint(key.toLowerCase()));
  });
  if (size <= largestAnnotations) return issues;
  return [...issues, { path, message: `expected at most ${largestAnnotations} bytes in all, got ${size}` }];
}

/** A complaint as an issue, if there is one. */
export function issue(path: string, message: Complaint): FieldIssue[] {
  return message === undefined ? [] : [{ path, message }];
}
