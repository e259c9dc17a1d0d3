// Requests to the server. What goes wrong is one of a few kinds, and none of them loses anything.

import type { Boot } from "../model/types";

export type Failure = "offline" | "logged-out" | "stale" | "gone" | "refused";

export class Refusal extends Error {
  constructor(
    readonly kind: Failure,
    readonly status: number,
    readonly body: any,
    message: string,
  ) {
    super(message);
  }
}

interface Options {
  method?: string;
  body?: unknown;
  form?: FormData;
  version?: number;
  signal?: AbortSignal;
  keepalive?: boolean;
  accept?: string;
}

export class Http {
  token: string;

  constructor(boot: Boot) {
    this.token = boot.csrf;
  }

  async raw(url: string, { method = "GET", body, form, version, signal, keepalive, accept }: Options = {}): Promise<Response> {
    const headers: Record<string, string> = { Accept: accept ?? "application/json" };
    if (method !== "GET") headers["X-CSRFToken"] = this.token;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (version !== undefined) headers["If-Match"] = `"v${version}"`;
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers,
        credentials: "same-origin",
        redirect: "manual",
        ...(body !== undefined ? { body: JSON.stringify(body) } : form ? { body: form } : {}),
        ...(signal ? { signal } : {}),
        ...(keepalive ? { keepalive } : {}),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Refusal("offline", 0, null, String(error));
    }
    if (response.ok) return response;
    throw await refusalOf(response);
  }

  async json<T = any>(url: string, options: Options = {}): Promise<T> {
    const response = await this.raw(url, options);
    return (await response.json()) as T;
  }
}

async function refusalOf(response: Response): Promise<Refusal> {
  let body: any = null;
  try {
    body = await response.json();
  } catch {
    // A proxy's page, Django's own page about a CSRF token: the status has to do.
  }
  const { status } = response;
  // A redirect leads to a log-in; 403 without JSON is a token of another session.
  const loggedOut = status === 401 || response.type === "opaqueredirect" || (status === 403 && body === null);
  const kind: Failure = loggedOut
    ? "logged-out"
    : status === 412
      ? "stale"
      : status === 410 || status === 404
        ? "gone"
        : status >= 500 || status === 429 || status === 408
          ? "offline"
          : "refused";
  return new Refusal(kind, status, body, wordsOf(body) || response.statusText || String(status));
}

/** The first sentence of a refusal that a person can read. */
export function wordsOf(body: any): string {
  if (!body || typeof body !== "object") return "";
  if (typeof body.detail === "string") return body.detail;
  for (const value of Object.values<any>(body)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (typeof first === "string") return first;
    if (typeof first?.msg === "string") return first.msg;
  }
  return "";
}
