import { signal } from '@preact/signals';

const NAME = 'plumbline.key';

/** The key that this tab reads with; empty for none. Forgotten with the tab. */
export const readKey = signal(stored());

/** Keeps a key for this tab; an empty one is forgotten. */
export function keepKey(key: string): void {
  readKey.value = key;
  try {
    if (key === '') sessionStorage.removeItem(NAME);
    else sessionStorage.setItem(NAME, key);
  } catch {
    // Storage is blocked: the key is known until the page is left.
  }
}

function stored(): string {
  try {
    return sessionStorage.getItem(NAME) ?? '';
  } catch {
    return '';
  }
}
