import { expect, it } from 'vitest';
import { AppError } from './errors.ts';
import { retry } from './retry.ts';

const OPTIONS = { attempts: 3, firstWaitMs: 1, totalMs: 10_000, random: () => 0 };

it('tries again what may come back, and gives its last error when the attempts are spent', async () => {
  let calls = 0;
  const failing = retry(async () => {
    calls++;
    throw new AppError('upstream_unavailable', `call ${calls}`);
  }, OPTIONS);
  await expect(failing).rejects.toThrow('call 3');
});

it('does not try again what would fail again', async () => {
  let calls = 0;
  const failing = retry(async () => {
    calls++;
    throw new AppError('invalid_input', 'wrong');
  }, OPTIONS);
  await expect(failing).rejects.toThrow('wrong');
  expect(calls).toBe(1);
});

it('stops at the time bound', async () => {
  let calls = 0;
  const failing = retry(
    async () => {
      calls++;
      throw new AppError('upstream_unavailable', 'down');
    },
    { ...OPTIONS, attempts: 100, totalMs: 0 },
  );
  await expect(failing).rejects.toThrow('down');
  expect(calls).toBe(1);
});
