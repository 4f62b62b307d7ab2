// SPDX-License-Identifier: Apache-2.0
// Tests of nabla serve: what it says where it cannot listen.

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

import { nabla, useFolder } from '../test-nabla.ts';
import { makePublishedFolder } from '../test-published.ts';

useFolder();

it('says that its port is taken, and how to name another', async () => {
  await makePublishedFolder('gpt2');
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  try {
    const { status, notes } = await nabla('serve', 'gpt2', '--device', 'js', '--port', String(port));
    expect(status).toBe(1);
    expect(notes).toMatch(
      new RegExp(
        `serve: expected 127.0.0.1:${port} to be an address that is free, .*EADDRINUSE.* --port N\\. \\[ADDRESS\\]`,
      ),
    );
    expect(notes).not.toContain('    at '); // no stack: nothing went wrong inside
  } finally {
    other.close();
  }
});
