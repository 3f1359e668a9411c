// Loaded before all else (NODE_OPTIONS=--import=…), in worker threads too: a machine whose clock is wrong by
// CLOCK_SHIFT_MS. Timers and performance.now() go on as they are, as on such a machine.
const shiftMs = Number(process.env.CLOCK_SHIFT_MS ?? 0);
const RealDate = Date;

globalThis.Date = class ShiftedDate extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + shiftMs);
    else super(...args);
  }

  static now() {
    return RealDate.now() + shiftMs;
  }
};
