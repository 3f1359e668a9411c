export interface LabelledText {
  readonly text: string;
  readonly spans: readonly { readonly kind: string; readonly start: number; readonly end: number }[];
}

export interface KindScore {
  readonly labelled: number;
  readonly found: number;
  readonly findings: number;
  readonly right: number;
  readonly wrong: readonly string[];
  readonly missed: readonly string[];
}

export function readGolden(half: 'tune' | 'final'): LabelledText[];
export function scoreOf(
  rows: readonly LabelledText[],
  find: (text: string) => readonly { readonly kind: string; readonly start: number; readonly end: number }[],
): Record<string, KindScore>;
