// SPDX-License-Identifier: Apache-2.0
// One process of the conformance run: loads tfjs-core's specs, runs them on one backend, and writes what happens to a file.

// Usage: node specs.cjs JOB, a JSON file with
//   folder    the copy of tfjs-core (core-copy.cjs)
//   module    what registers the backend: a package or an address
//   backend   the backend's name
//   device    the device of ours that it serves, which registers it; undefined for others
//   done      keys of specs that an earlier process has run
//   events    the file to write: one JSON object a line, each written at once, so that a crash loses nothing

const { openSync, readFileSync, writeSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join } = require('node:path');
const { pathToFileURL } = require('node:url');

const { answer, installed } = require('./core-copy.cjs');

const SPEC_TIMEOUT = 20_000; // milliseconds; what tfjs-core's own runs allow
const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const events = openSync(job.events, 'a');
const emit = (event) => writeSync(events, `${JSON.stringify(event)}\n`);
const inCopy = (name) => require(join(job.folder, 'dist', name));

/** Answers every request for tfjs-core with the copy; what the copy itself needs is looked for where tfjs-core is installed. */
function useCopy() {
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, parent, ...rest) {
    const direct = answer(job.folder, request);
    if (direct !== undefined) return direct;
    const fromCopy = parent?.filename?.startsWith(job.folder) && !/^[./]/.test(request);
    const paths = fromCopy ? Module._nodeModulePaths(dirname(installed)) : parent?.paths;
    const file = resolve.call(this, request, fromCopy ? { ...parent, paths } : parent, ...rest);
    return answer(job.folder, file) ?? file;
  };
  Module.register(pathToFileURL(join(__dirname, 'imports.mjs')), { data: { folder: job.folder } });
}

function startJasmine() {
  const jasmine = require('jasmine-core');
  const core = jasmine.boot(jasmine); // sets describe, it, expect, … as globals
  core.DEFAULT_TIMEOUT_INTERVAL = SPEC_TIMEOUT;
  return core.getEnv();
}

/** Every spec by jasmine's id, under a key that is the same in every process: its full name, numbered when it comes again. */
function keysOf(suite, tag, keys = new Map(), seen = new Map()) {
  for (const child of suite.children) {
    if (Array.isArray(child.children)) {
      keysOf(child, tag, keys, seen);
      continue;
    }
    const name = child.getFullName().replaceAll(tag, '');
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    keys.set(child.id, count === 1 ? name : `${name} (${count})`);
  }
  return keys;
}

/** Which kernels ran since both sets were last cleared; and on a native device, which of them their TypeScript definition answered. */
function watchKernels(engine, registry) {
  const reached = new Set();
  const delegated = new Set();
  const prototype = Object.getPrototypeOf(engine);
  const { runKernel } = prototype;
  prototype.runKernel = function (name, ...rest) {
    if (this.backendName === job.backend) reached.add(name);
    return runKernel.call(this, name, ...rest);
  };
  if (job.backend !== 'nabla-js') {
    for (const kernel of registry.getKernelsForBackend('nabla-js')) {
      const { kernelFunc, kernelName } = kernel;
      kernel.kernelFunc = (call) => {
        delegated.add(kernelName);
        return kernelFunc(call);
      };
    }
  }
  return { reached, delegated };
}

async function main() {
  useCopy();
  const tf = inCopy('index.js');
  inCopy('public/chained_ops/register_all_chained_ops.js');
  inCopy('register_all_gradients.js');
  const { setDevice } = await import(job.module);
  if (job.device !== undefined) setDevice(job.device); // cuda is registered when it is asked for
  if (!(await tf.setBackend(job.backend))) throw new Error(`backend ${job.backend} did not start`);
  await tf.ready();
  const { ENGINE } = inCopy('engine.js');
  const registry = inCopy('kernel_registry.js');
  ENGINE.reset(); // the specs expect an engine that has no backend yet

  const jasmine = startJasmine();
  const flags = {};
  inCopy('jasmine_util.js').setTestEnvs([{ name: job.backend, backendName: job.backend, flags, isDataSync: true }]);
  inCopy('tests.js');
  const keys = keysOf(jasmine.topSuite(), ` ${job.backend} ${JSON.stringify(flags)}`);
  const done = new Set(job.done);
  emit({ event: 'ready', specs: keys.size, version: tf.version_core });

  const { reached, delegated } = watchKernels(ENGINE, registry);
  jasmine.configure({
    random: false,
    failSpecWithNoExpectations: false,
    specFilter: ({ id }) => !done.has(keys.get(id)),
  });
  jasmine.addReporter({
    specStarted({ id }) {
      reached.clear();
      delegated.clear();
      if (!done.has(keys.get(id))) emit({ event: 'started', key: keys.get(id) });
    },
    specDone({ id, status, failedExpectations }) {
      if (done.has(keys.get(id))) return;
      const messages = failedExpectations.map(({ message }) => message.split('\n', 4).join('\n'));
      emit({ event: 'done', key: keys.get(id), status, messages, reached: [...reached], delegated: [...delegated] });
    },
    suiteDone({ fullName, failedExpectations }) {
      for (const { message } of failedExpectations) emit({ event: 'suite failed', key: fullName, messages: [message] });
    },
  });
  await jasmine.execute();
  emit({ event: 'end' });
  process.exit(0); // without waiting for what the specs left open
}

main().catch((error) => {
  emit({ event: 'broken', message: String(error.stack ?? error) });
  process.exit(1);
});
