// SPDX-License-Identifier: Apache-2.0
// nabla doctor: what this machine offers, which device `auto` takes and why, and what to install for more.

import { arch, cpus, platform, release, totalmem } from 'node:os';

import type { Command } from '@commander-js/extra-typings';
import {
  type DeviceChoice,
  type DeviceDescription,
  autoDevice,
  cpuTargets,
  kernelTable,
  listDevices,
  nativeMemory,
} from '@nabla/core';
import { createColors } from 'picocolors';

import type { Output } from '../output.ts';
import { formatBytes } from '../render/format.ts';
import { table } from '../render/table.ts';

interface Report {
  readonly node: string;
  readonly system: string;
  readonly processor: string;
  readonly cpuTargets: readonly string[];
  /** Bytes. */
  readonly memory: number;
  /** Bytes that native tensors may take; absent without the addon, 0 where NABLA_MEMORY_LIMIT cannot be understood. */
  readonly memoryLimit?: number;
  readonly devices: readonly DeviceDescription[];
  readonly auto: DeviceChoice;
}

export function addDoctorCommand(program: Command, output: Output): void {
  program
    .command('doctor')
    .description('say what this machine offers')
    .option('--kernels', 'list every kernel and how each device computes it')
    .option('--json', 'print one JSON object')
    .action(({ kernels, json }) => {
      const report = examine();
      if (json === true)
        output.result(JSON.stringify(kernels === true ? { ...report, kernels: kernelTable() } : report));
      else if (kernels === true) showKernels(output);
      else show(report, output);
    });
}

function examine(): Report {
  const limit = nativeMemory()?.limit;
  return {
    node: process.version,
    system: `${platform()} ${release()} ${arch()}`,
    processor: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} processors`,
    cpuTargets: cpuTargets(),
    memory: totalmem(),
    ...(limit !== undefined && { memoryLimit: limit }),
    devices: listDevices(),
    auto: autoDevice(),
  };
}

function show(report: Report, output: Output): void {
  const { green, red, dim } = createColors(output.terminal !== undefined);
  const targets = report.cpuTargets.length === 0 ? 'none (no addon)' : report.cpuTargets.join(', ');
  output.result(`node        ${report.node} on ${report.system}`);
  output.result(`processor   ${report.processor}; CPU targets: ${targets}`);
  output.result(`memory      ${formatBytes(report.memory)}${limitOf(report)}\n`);
  for (const { device, available, description, hint } of report.devices) {
    output.result(`${available ? green('✔') : red('✘')} ${device.padEnd(9)} ${description}`);
    if (hint !== undefined) output.result(dim(`            ${hint}`));
  }
  output.result(`\nauto takes  ${report.auto.device}: ${report.auto.reason}`);
}

function limitOf({ memoryLimit }: Report): string {
  if (memoryLimit === undefined) return '';
  if (memoryLimit > 0) return `; tensors may take ${formatBytes(memoryLimit)}`;
  return '; tensors may take none: NABLA_MEMORY_LIMIT is no number of bytes, such as 512M';
}

function showKernels(output: Output): void {
  const rows = kernelTable();
  const [onCpu, onCuda] = (['cpu', 'cuda'] as const).map(
    (device) => rows.filter((row) => row[device] === 'native').length,
  );
  output.result(
    table(
      ['kernel', 'cpu', 'js', 'cuda'],
      rows.map(({ kernel, cpu, js, cuda }) => [kernel, cpu, js, cuda]),
    ),
  );
  const counts = onCuda === 0 ? `on cpu ${onCpu}` : `on cpu ${onCpu}, on cuda ${onCuda}`;
  output.result(`\n${rows.length} kernels; ${counts} are native, the others run their TypeScript definition.`);
}
