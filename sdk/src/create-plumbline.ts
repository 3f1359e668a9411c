import { INERT_PLUMBLINE } from './inert-plumbline.ts';
import { LiveRecorder } from './live-recorder.ts';
import type { Plumbline } from './plumbline.ts';
import type { PlumblineOptions } from './settings.ts';

/** Starts recording. With options that make no sense it records nothing, or with defaults, and says so once. */
export function createPlumbline(options: PlumblineOptions): Plumbline {
  try {
    return new LiveRecorder(options);
  } catch {
    // Not even what would tell of it could be made.
    return INERT_PLUMBLINE;
  }
}
