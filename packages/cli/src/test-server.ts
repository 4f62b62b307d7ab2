// SPDX-License-Identifier: Apache-2.0
// For tests: requests to a server, and what it streams.

import type { Hono } from 'hono';

/** A JSON object, sent or received. */
export type Body = Record<string, unknown>;

/** Sends a body, as JSON where it is no text. */
export async function post(
  app: Hono,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const init = { method: 'POST', body: text, headers: { 'content-type': 'application/json', ...headers } };
  return app.request(path, init);
}

/** The objects of a stream of events, without the last, which says that all is done. */
export async function eventsOf<T = Body>(response: Response): Promise<T[]> {
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: '));
  expect(lines.at(-1)).toBe('data: [DONE]');
  return lines.slice(0, -1).map((line) => JSON.parse(line.slice(6)) as T);
}
