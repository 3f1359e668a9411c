import { expect, it } from 'vitest';
import { createWatermarks } from './watermarks.ts';

const at = (seconds: number): Date => new Date(seconds * 1_000);

it('knows nothing of a partition until it has stored of it, or the brokers say that it is empty', () => {
  const watermarks = createWatermarks();
  watermarks.assign([0, 1, 2]);
  watermarks.stored(0, { until: at(50), isCaughtUp: false });
  watermarks.empty(1);
  expect(watermarks.read(at(100))).toEqual(
    new Map([
      [0, at(50)],
      [1, at(95)],
    ]),
  );
});

it('goes on with the brokers while nothing comes, and stands while a batch is not stored', () => {
  const watermarks = createWatermarks();
  watermarks.assign([0]);
  watermarks.stored(0, { until: at(50), isCaughtUp: true });
  expect(watermarks.read(at(100)).get(0)).toEqual(at(95));
  watermarks.began(0);
  expect(watermarks.read(at(200)).get(0)).toEqual(at(50));
  watermarks.stored(0, { until: at(190), isCaughtUp: true });
  expect(watermarks.read(at(192)).get(0)).toEqual(at(190));
});

it('does not take a backlog that is being stored for an empty partition', () => {
  const watermarks = createWatermarks();
  watermarks.assign([0]);
  watermarks.stored(0, { until: at(50), isCaughtUp: false });
  watermarks.empty(0);
  expect(watermarks.read(at(100)).get(0)).toEqual(at(50));
});

it('forgets what was assigned to somebody else meanwhile', () => {
  const watermarks = createWatermarks();
  watermarks.assign([0, 1]);
  watermarks.stored(0, { until: at(50), isCaughtUp: true });
  watermarks.assign([1]);
  watermarks.stored(0, { until: at(60), isCaughtUp: true });
  expect(watermarks.read(at(100))).toEqual(new Map());
});
