import { streamName } from '../../../core/incident-words.ts';
import { hrefOf, type Route, type StreamPlace } from './router.ts';

type Tab = 'stream' | 'segments' | 'embeddings';

/** Where one is, and the other views of the same model. */
export function StreamTabs({ place, current }: { place: StreamPlace; current: Tab }) {
  const tabs: readonly (readonly [Tab, string, Route])[] = [
    ['stream', 'Signals', { ...place, view: 'stream' }],
    ['segments', 'Segments', { ...place, segment: '', view: 'segments' }],
    ['embeddings', 'Embeddings', { ...place, view: 'embeddings', incident: '' }],
  ];
  return (
    <>
      <p class="crumb">
        <a href="#/">Overview</a>
        {place.segment !== '' && (
          <>
            {' '}
            <span aria-hidden="true">/</span>{' '}
            <a class="model" href={hrefOf({ ...place, segment: '', view: 'stream' })}>
              {streamName({ ...place, segment: '' })}
            </a>
          </>
        )}
      </p>
      <h1 class="model">{streamName(place)}</h1>
      <nav class="tabs" aria-label="Views of this model">
        {tabs.map(([tab, label, route]) => (
          <a key={tab} href={hrefOf(route)} aria-current={tab === current ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
    </>
  );
}
