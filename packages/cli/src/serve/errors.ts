// SPDX-License-Identifier: Apache-2.0
// Errors of the server, as OpenAI's clients read them.

import { NablaError } from '@nabla/core';

/** What a client did wrong, or what cannot be done for it now. */
export class ServeError extends Error {
  readonly status: number;
  readonly code: string;
  /** The field of the request, where it is one. */
  readonly parameter: string | undefined;

  constructor(status: number, code: string, message: string, parameter?: string) {
    super(message);
    this.name = 'ServeError';
    this.status = status;
    this.code = code;
    this.parameter = parameter;
  }
}

/** The body of an answer that is an error. */
export interface ErrorBody {
  readonly error: { message: string; type: string; param: string | null; code: string | null };
}

/** OpenAI's word for a text beyond the context. */
const TOO_LONG = 'context_length_exceeded';

/** Codes of what a request can only bring to light: weights that give no numbers, a tokenizer of another model. */
const BROKEN = ['GENERATE', 'VOCABULARY'];

/** Status and body for anything that was thrown. What is not the client's fault does not tell it how the server is made. */
export function answerTo(error: unknown): { status: number; body: ErrorBody } {
  const { status, message, parameter, code } = read(error);
  const type = status >= 500 ? 'server_error' : status === 429 ? 'rate_limit_error' : 'invalid_request_error';
  return { status, body: { error: { message, type, param: parameter ?? null, code } } };
}

function read(error: unknown): {
  status: number;
  message: string;
  parameter?: string | undefined;
  code: string | null;
} {
  if (error instanceof ServeError) return error;
  if (error instanceof NablaError && error.name === 'ArgumentError' && !BROKEN.includes(error.code)) {
    return { status: 400, message: error.message, code: error.code === 'CONTEXT' ? TOO_LONG : error.code };
  }
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, message: String(message), code: null };
  }
  return { status: 500, message: 'The server failed; its log says why.', code: 'internal' };
}
