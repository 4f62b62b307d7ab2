// SPDX-License-Identifier: Apache-2.0
// Fails for an exported member that no row describes, so that whatever is added to a package is tested.

/**
 * Describes one test per export that has no row, and per row that has no export.
 *
 * @param exported  the namespace of the package: `import * as layers from '@nabla/layers'`
 * @param described names of the exports that have a row, or that are tested elsewhere
 */
export function checkEveryMember(exported: Readonly<Record<string, unknown>>, described: readonly string[]): void {
  it('has a row for every export', () => {
    expect(Object.keys(exported).filter((name) => !described.includes(name))).toEqual([]);
  });

  it('has an export for every row', () => {
    expect(described.filter((name) => !Object.hasOwn(exported, name))).toEqual([]);
  });
}
