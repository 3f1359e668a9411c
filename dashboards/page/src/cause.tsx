import {
  attributeWords,
  groupWords,
  onsetWords,
  partsOfChange,
  probableCause,
  shareWords,
  subsetName,
} from '../../../core/cause-words.ts';
import { formatShare, plural } from '../../../core/format.ts';
import type { IncidentCause, IncidentDetail } from '../api.ts';
import { ExamplePair } from './example.tsx';
import { hrefOf } from './router.ts';
import { VerdictTag } from './verdict.tsx';

/** Attributes whose mix is shown; topics and values of each likewise. */
const MIXES_SHOWN = 3;
const PARTS_SHOWN = 6;

/** What explains an incident: what changed at that moment, where, and whether other inferences arrive or the same are answered otherwise. */
export function CauseSection({ detail }: { detail: IncidentDetail }) {
  const { cause, incident } = detail;
  const words = probableCause(incident);
  if (cause === null && words === '' && incident.speaksFor.length === 0) return null;
  return (
    <section aria-labelledby="cause" class="cause">
      <h2 id="cause">What explains it</h2>
      {words !== '' && <p class="lead">{sentence(words)}</p>}
      <div class="cause-parts">
        {cause && <Moment cause={cause} />}
        {cause && <Where cause={cause} />}
        {cause && <Mixes cause={cause} />}
        {cause?.topics && <Topics cause={cause} topics={cause.topics} />}
        <ChangedWithIt detail={detail} />
      </div>
      {cause && (
        <p class="muted note">
          From {plural(cause.before.rows, 'inference')} before and {plural(cause.after.rows, 'inference')}{' '}
          after{cause.stage === 'first' ? '; it is looked at again when there are more' : ''}.
        </p>
      )}
    </section>
  );
}

/** The same question before and after. */
export function AlikePairs(props: { detail: IncidentDetail; unit: string; isRate: boolean; now: Date }) {
  const { detail, unit, isRate, now } = props;
  if (detail.pairs.length === 0) return null;
  const { baselineVersion } = detail.incident;
  return (
    <section aria-labelledby="alike">
      <h2 id="alike">
        {detail.pairs.some(({ by }) => by === 'prompt') ? 'The same prompt' : 'Prompts that are alike'},
        before and after
      </h2>
      {detail.pairs.map(({ before, after }) => (
        <ExamplePair
          key={`${before.id} ${after.id}`}
          examples={{ before: [before], after: [after] }}
          unit={unit}
          isRate={isRate}
          now={now}
          baselineVersion={baselineVersion}
        />
      ))}
    </section>
  );
}

const sentence = (words: string): string => `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;

function Moment({ cause: { onsets } }: { cause: IncidentCause }) {
  return (
    <div>
      <h3>What changed then</h3>
      {onsets.length === 0 ? (
        <p class="muted">No version, release, prompt or attribute began or jumped near that moment.</p>
      ) : (
        <ul>
          {onsets.map((onset) => (
            <li key={`${onset.attribute} ${onset.value}`}>{onsetWords(onset)}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Where({ cause }: { cause: IncidentCause }) {
  const { subset, attributes } = cause.scan;
  if (attributes.length === 0) return null;
  return (
    <div>
      <h3>Where</h3>
      {subset === null ? (
        <p>
          {cause.stage === 'settled' ? 'Everywhere' : 'Nothing stands out so far'}: no value of{' '}
          {attributes.map(attributeWords).join(', ')} changed surely more than the rest.
        </p>
      ) : (
        <table>
          <tbody>
            <tr>
              <th scope="row">{subsetName(subset.parts)}</th>
              <td>{groupWords(subset.inside, cause)}</td>
            </tr>
            <tr>
              <th scope="row">elsewhere</th>
              <td>{groupWords(subset.outside, cause)}</td>
            </tr>
          </tbody>
        </table>
      )}
      {subset && (
        <p class="muted note">
          Found in one half of the sessions, confirmed in the other (by chance in{' '}
          {formatShare(Math.max(subset.chance, subset.chanceConfirmed))} of searches at most).
        </p>
      )}
    </div>
  );
}

function Mixes({ cause }: { cause: IncidentCause }) {
  if (cause.mixes.length === 0 || cause.whole.change.value === 0) return null;
  return (
    <div>
      <h3>Other inferences, or other answers?</h3>
      <p class="cause-legend muted">
        <span class="key key-mix">another mix of inferences</span>
        <span class="key key-within">the same ones answered otherwise</span>
      </p>
      {cause.mixes.slice(0, MIXES_SHOWN).map(({ attribute, mix, within, values }) => {
        const [most] = values.toSorted((a, b) => Math.abs(b.mix) - Math.abs(a.mix));
        const parts = { mix: mix.value, within: within.value };
        return (
          <MixBar
            key={attribute}
            name={`by ${attributeWords(attribute)}`}
            parts={partsOfChange(cause, parts)}
            note={most ? `${most.value}: ${shareWords(most)} of the inferences` : ''}
          />
        );
      })}
    </div>
  );
}

function Topics({ cause, topics }: { cause: IncidentCause; topics: NonNullable<IncidentCause['topics']> }) {
  const named = topics.topics.filter(({ terms }) => terms.length > 0).slice(0, PARTS_SHOWN);
  if (named.length === 0 || cause.whole.change.value === 0) return null;
  return (
    <div>
      <h3>Topics of the prompts</h3>
      {named.map((topic) => (
        <MixBar
          key={topic.terms.join(' ')}
          name={topic.terms.slice(0, 4).join(', ')}
          parts={partsOfChange(cause, topic)}
          note={`${shareWords(topic)} of the inferences`}
        />
      ))}
    </div>
  );
}

/** Two parts of the change, as long as each is large; the numbers beside them. */
function MixBar(props: { name: string; parts: { mix: number; within: number }; note: string }) {
  const { name, parts, note } = props;
  const scale = Math.max(1, Math.abs(parts.mix) + Math.abs(parts.within));
  const width = (part: number): string => `${((Math.abs(part) / scale) * 100).toFixed(1)}%`;
  const words = `${wholeShare(parts.mix)} mix, ${wholeShare(parts.within)} answers`;
  return (
    <div class="mix">
      <span class="mix-name">{name}</span>
      <div class="mix-bar" role="img" aria-label={`${name}: ${words}`}>
        <span class="bar-mix" style={{ width: width(parts.mix) }} />
        <span class="bar-within" style={{ width: width(parts.within) }} />
      </div>
      <span class="mix-words">{words}</span>
      {note && <span class="muted note">{note}</span>}
    </div>
  );
}

const wholeShare = (share: number): string => formatShare(Math.round(share * 100) / 100);

function ChangedWithIt({ detail: { incident } }: { detail: IncidentDetail }) {
  if (incident.speaksFor.length === 0) return null;
  return (
    <div class="changed-with-it">
      <h3>Changed with it</h3>
      <ul>
        {incident.speaksFor.map(({ id, change, segment, verdict }) => (
          <li key={id}>
            <VerdictTag verdict={verdict} /> <a href={hrefOf({ view: 'incident', id })}>{change}</a>
            {segment !== '' && <span class="muted"> ({segment})</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
