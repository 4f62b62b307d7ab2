// SPDX-License-Identifier: Apache-2.0
// nabla serve: a model behind OpenAI's interface.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import type { Command } from '@commander-js/extra-typings';
import { serve } from '@hono/node-server';
import { ArgumentError } from '@nabla/core';

import { chooseDevice, deviceOption } from '../device.ts';
import { findModel, modelArgument } from '../find-model.ts';
import { SIGNALS } from '../interrupt.ts';
import { BEST } from '../model.ts';
import { examples, integer } from '../options.ts';
import type { Output } from '../output.ts';
import { ServeError } from '../serve/errors.ts';
import { disposeServed, loadServed } from '../serve/served-model.ts';
import { makeServer } from '../serve/server.ts';
import { storageOption } from '../storage.ts';

/** Only programs of the same machine reach these. */
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];
/** Bytes of a request's body: the text of some hundred thousand tokens. */
const BODY_BYTES = 4 * 2 ** 20;
/** Requests that may wait: what a person would still wait for. */
const WAITING = 16;
/** Milliseconds that connections have to end when the server stops. */
const PATIENCE = 2000;

export function addServeCommand(program: Command, output: Output): void {
  program
    .command('serve')
    .description('answer requests for completions, conversations or embeddings, as OpenAI’s server does')
    .argument('<model>', modelArgument('a run that writes'))
    .option('--host <address>', 'where to listen; other than 127.0.0.1 lets other machines in', '127.0.0.1')
    .option('--port <n>', 'the port; 0: any that is free', integer(0), 8000)
    .option('--api-key <key>', 'what requests must know (default: NABLA_API_KEY, else nothing)')
    .option('--waiting <n>', 'requests that may wait for their turn', integer(0), WAITING)
    .addOption(deviceOption())
    .addOption(storageOption())
    .option('--best', BEST)
    .addHelpText(
      'after',
      examples(
        'nabla serve Qwen/Qwen2.5-0.5B-Instruct --api-key secret',
        'nabla serve runs/transformer-1 --port 9000',
        `curl http://127.0.0.1:8000/v1/completions -H 'content-type: application/json' -d '{"prompt": "The sea"}'`,
      ),
    )
    .action(async (source, given) => {
      const { host, port, apiKey = process.env['NABLA_API_KEY'], waiting, device, storage, best } = given;
      const found = await findModel(source, output);
      chooseDevice(device, output);
      const served = await loadServed(found, { storage, best });
      const stop = new AbortController();
      const end = (): void => stop.abort(new ServeError(503, 'stopped', 'The server is being stopped.'));
      for (const name of SIGNALS) process.once(name, end);
      try {
        const app = makeServer(served, {
          apiKey,
          waiting,
          bodyBytes: BODY_BYTES,
          log: (error) => output.note(error instanceof Error ? (error.stack ?? error.message) : String(error)),
          signal: stop.signal,
        });
        const server = serve({ fetch: app.fetch, hostname: host, port });
        await once(server, 'listening').catch((error: Error) => {
          throw notFree(host, port, error);
        });
        const { port: found } = server.address() as AddressInfo;
        output.note(`serving ${served.name} at http://${host}:${found}/v1`);
        if (!LOOPBACK.includes(host) && apiKey === undefined) {
          output.note('warning: other machines can reach it, and it asks for no key: --api-key');
        }
        if (!stop.signal.aborted) await once(stop.signal, 'abort');
        const closed = once(server, 'close');
        server.close();
        const patience = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), PATIENCE);
        await closed;
        clearTimeout(patience);
      } finally {
        for (const name of SIGNALS) process.off(name, end);
        disposeServed(served);
      }
    });
}

/** The error of a server that cannot listen. */
function notFree(host: string, port: number, error: Error): ArgumentError {
  const hint = 'Another program may listen there: --port N.';
  const expected = 'to be an address that is free';
  const mismatch = { op: 'serve', argument: `${host}:${port}`, expected, received: error.message, hint };
  return new ArgumentError(mismatch, 'ADDRESS', { cause: error });
}
