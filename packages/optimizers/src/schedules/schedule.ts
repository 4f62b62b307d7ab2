// SPDX-License-Identifier: Apache-2.0
// A learning rate that depends on the step.

/** The learning rate of each step; steps count from 0. */
export type Schedule = (step: number) => number;
