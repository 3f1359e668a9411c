import { useState } from 'preact/hooks';
import { formatExact, formatValue } from '../../../core/format.ts';
import type { Example, IncidentDetail } from '../api.ts';
import { formatInstant } from './instants.ts';

/** Inferences from both sides, next to each other where there is room. */
export function ExamplePair(props: {
  examples: IncidentDetail['examples'];
  unit: string;
  isRate: boolean;
  now: Date;
  baselineVersion: string;
}) {
  const { examples, unit, isRate, now, baselineVersion } = props;
  const name = (value: number): string => (isRate ? (value === 0 ? 'no' : 'yes') : formatValue(value, unit));
  const before = baselineVersion === '' ? 'Before' : `Before: version ${baselineVersion}`;
  return (
    <div class="examples">
      <Side title={before} side="before" examples={examples.before} name={name} now={now} />
      <Side title="After" side="after" examples={examples.after} name={name} now={now} />
    </div>
  );
}

function Side(props: {
  title: string;
  side: string;
  examples: readonly Example[];
  name: (value: number) => string;
  now: Date;
}) {
  const { title, side, examples, name, now } = props;
  return (
    <div class={`side side-${side}`}>
      <h3>{title}</h3>
      {examples.length === 0 && (
        <p class="muted">No inference of this side is stored: it came from elsewhere, or has expired.</p>
      )}
      {examples.map((example) => (
        <article key={example.id} class="example">
          <p class="example-head muted">
            <time dateTime={example.timestamp} title={formatExact(new Date(example.timestamp))}>
              {formatInstant(new Date(example.timestamp), now)}
            </time>
            {example.value !== null && <strong>{name(example.value)}</strong>}
            <code title={example.id}>{example.id.slice(0, 24)}</code>
          </p>
          <Quoted label="Prompt" text={example.prompt} isCut={example.isCut} />
          <Quoted label="Response" text={example.response} isCut={example.isCut} />
        </article>
      ))}
    </div>
  );
}

const SHOWN_CHARACTERS = 280;

/** Text from outside, shown as text and nothing else; long text behind a button. */
function Quoted({ label, text, isCut }: { label: string; text: string; isCut: boolean }) {
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > SHOWN_CHARACTERS * 1.2;
  const shown = isLong && !isWhole ? `${text.slice(0, SHOWN_CHARACTERS).trimEnd()} …` : text;
  return (
    <div class="quoted">
      <span class="quoted-label">{label}</span>
      {text === '' ? <p class="muted">(empty)</p> : <blockquote dir="auto">{shown}</blockquote>}
      {isLong && (
        <button type="button" class="quiet" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Less' : `All of the ${label.toLowerCase()}`}
        </button>
      )}
      {isWhole && isCut && (
        <span class="muted note">Longer text is cut here; the store holds all of it.</span>
      )}
    </div>
  );
}
