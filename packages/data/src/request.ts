// SPDX-License-Identifier: Apache-2.0
// A request over HTTP that ends: bounded in time, with redirects that carry no secret to another host.

import { messageOf } from './files.ts';

const MOST_REDIRECTS = 10;

/** The connection failed, or the server may answer later: trying again is of use. */
export class Interruption extends Error {
  /** How long to wait, where the server says it. */
  readonly waitMilliseconds: number | undefined;

  constructor(message: string, waitMilliseconds?: number, options?: ErrorOptions) {
    super(message, options);
    this.waitMilliseconds = waitMilliseconds;
  }
}

/** The server refuses. */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: Headers;

  constructor({ status, statusText, headers }: Response) {
    super(`answered HTTP ${status} ${statusText}`.trim());
    this.status = status;
    this.headers = headers;
  }
}

/** What to ask for, and how. */
export interface RequestOptions {
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers that only the host of the address itself may see, such as `authorization`. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Whether an answer says enough for its redirect not to be followed. */
  readonly isEnough?: (headers: Headers) => boolean;
}

/**
 * The answer to a request, after redirects.
 *
 * @throws {Interruption} nobody answers, or the server is busy or failing: HTTP 408, 425, 429, 5xx
 * @throws {Refusal} any other answer that is no success
 */
export async function request(address: string, clock: Clock, options: RequestOptions = {}): Promise<Response> {
  const { method = 'GET', headers = {}, secrets = {}, isEnough } = options;
  const { origin, protocol } = new URL(address);
  let at = address;
  for (let count = 0; count <= MOST_REDIRECTS; count++) {
    const own = new URL(at).origin === origin ? secrets : {};
    let response: Response;
    try {
      response = await fetch(at, {
        method,
        redirect: 'manual',
        headers: { ...headers, ...own },
        signal: clock.signal,
      });
    } catch (error) {
      throw clock.reason ?? new Interruption(withCause(error), undefined, { cause: error });
    }
    const location = response.headers.get('location');
    if (response.ok || isEnough?.(response.headers) === true) return response;
    await response.body?.cancel();
    if (response.status < 300 || response.status > 399 || location === null) throw failure(response);
    const next = new URL(location, at);
    if (next.protocol !== 'https:' && next.protocol !== protocol) {
      throw new Error(`redirected to ${next.origin}, which is not encrypted`);
    }
    at = next.href;
  }
  throw new Error(`redirected more than ${MOST_REDIRECTS} times`);
}

function failure(response: Response): Error {
  const refusal = new Refusal(response);
  const { status, headers } = response;
  if (status < 500 && ![408, 425, 429].includes(status)) return refusal;
  const seconds = Number(headers.get('retry-after') ?? NaN);
  return new Interruption(refusal.message, Number.isFinite(seconds) ? 1000 * seconds : undefined, { cause: refusal });
}

/** Aborts when nothing comes for too long, or when everything takes too long. */
export class Clock {
  readonly #controller = new AbortController();
  readonly #stallMilliseconds: number;
  readonly #end: NodeJS.Timeout;
  #stall: NodeJS.Timeout;
  /** Why the clock aborted, if it did. */
  reason: Error | undefined;

  /** @param end what is said when everything has taken too long: `was slower than 4096 bytes a second` */
  constructor(stallMilliseconds: number, totalMilliseconds: number, end: string) {
    this.#stallMilliseconds = stallMilliseconds;
    this.#stall = this.#startStall();
    this.#end = setTimeout(() => this.#abort(new Error(end)), totalMilliseconds);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * The bytes of an answer.
   *
   * @throws {Interruption} they end before their time
   */
  async *watch(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
    const reader = stream.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(this.#stall);
        yield value;
        this.#stall = this.#startStall();
      }
    } catch (error) {
      throw this.reason ?? new Interruption(withCause(error), undefined, { cause: error });
    } finally {
      void reader.cancel().catch(() => undefined);
    }
  }

  stop(): void {
    clearTimeout(this.#stall);
    clearTimeout(this.#end);
    this.#controller.abort();
  }

  #startStall(): NodeJS.Timeout {
    const message = `sent nothing for ${this.#stallMilliseconds / 1000} seconds`;
    return setTimeout(() => this.#abort(new Interruption(message)), this.#stallMilliseconds);
  }

  #abort(reason: Error): void {
    this.reason ??= reason;
    this.#controller.abort();
  }
}

/** fetch says "fetch failed" and hides in `cause` what went wrong. */
export function withCause(error: unknown): string {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`;
}

/** How often to try again, and how long to wait. */
export interface RetryOptions {
  /** Attempts after the first that may fail in a row without a step forward. */
  readonly retries: number;
  /** The first wait; each further one is twice as long, up to a minute. */
  readonly retryMilliseconds: number;
}

const LONGEST_WAIT = 60_000; // milliseconds

/** Calls `attempt` until it does not throw an {@link Interruption}, or too often. `progress` grows with what has been reached. */
export async function withRetries<T>(
  { retries, retryMilliseconds }: RetryOptions,
  attempt: () => Promise<T>,
  progress: () => number = () => 0,
): Promise<T> {
  let reached = progress();
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (progress() > reached) failures = 0;
      reached = Math.max(reached, progress());
      if (!(error instanceof Interruption) || failures >= retries) throw error;
      const wait = error.waitMilliseconds ?? retryMilliseconds * 2 ** failures;
      await new Promise((done) => setTimeout(done, Math.min(wait, LONGEST_WAIT)));
    }
  }
}
