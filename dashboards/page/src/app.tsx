import { useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatSpan } from '../../../core/format.ts';
import { Mark } from './mark.tsx';
import { readKey } from './read-key.ts';
import { hrefOf, type Route, route } from './router.ts';
import { SignIn } from './sign-in.tsx';
import { chooseTheme, type Theme, theme } from './theme.ts';
import { asksForKey, connection, signIn } from './use-poll.ts';
import { EmbeddingsView } from './views/embeddings.tsx';
import { IncidentView } from './views/incident.tsx';
import { IncidentsView } from './views/incidents.tsx';
import { OverviewView } from './views/overview.tsx';
import { PanelsView } from './views/panels.tsx';
import { PipelineView } from './views/pipeline.tsx';
import { RulesView } from './views/rules.tsx';
import { RunbookView } from './views/runbook.tsx';
import { SegmentsView } from './views/segments.tsx';
import { SendView } from './views/send.tsx';
import { SilencesView } from './views/silences.tsx';
import { StreamView } from './views/stream.tsx';

const NAVIGATION: readonly { readonly to: Route; readonly label: string }[] = [
  { to: { view: 'overview' }, label: 'Overview' },
  { to: { view: 'incidents' }, label: 'Incidents' },
  { to: { view: 'panels', dashboard: 'overview', range: '24h', chosen: {} }, label: 'Panels' },
  { to: { view: 'silences', incident: '' }, label: 'Silences' },
  { to: { view: 'rules' }, label: 'Rules' },
  { to: { view: 'pipeline' }, label: 'Pipeline' },
  { to: { view: 'send' }, label: 'Send data' },
];

/** The frame around every view. */
export function App() {
  const main = useRef<HTMLElement>(null);
  useFocusOnNavigation(main);
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header class="top">
        <a class="brand" href="#/" aria-label="Plumbline, overview">
          <Mark />
          <span>Plumbline</span>
        </a>
        <nav aria-label="Views">
          {NAVIGATION.map(({ to, label }) => (
            <a key={label} href={hrefOf(to)} aria-current={to.view === route.value.view ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <div class="top-end">
          <Connection />
          <SignOut />
          <ThemeChoice />
        </div>
      </header>
      <main id="main" tabIndex={-1} ref={main}>
        <ViewOrSignIn current={route.value} />
      </main>
    </>
  );
}

/** One question for the key, however many answers a view waits for. */
function ViewOrSignIn({ current }: { current: Route }) {
  const { problem } = connection.value;
  const readsData = current.view !== 'send' && current.view !== 'unknown';
  return readsData && problem !== null && asksForKey(problem) ? (
    <SignIn problem={problem} />
  ) : (
    <View current={current} />
  );
}

function SignOut() {
  if (readKey.value === '') return null;
  return (
    <button type="button" class="quiet" onClick={() => signIn('')}>
      Forget the key
    </button>
  );
}

function View({ current }: { current: Route }): ComponentChildren {
  switch (current.view) {
    case 'overview':
      return <OverviewView />;
    case 'incidents':
      return <IncidentsView />;
    case 'incident':
      return <IncidentView id={current.id} />;
    case 'stream':
      return <StreamView {...current} />;
    case 'segments':
      return <SegmentsView {...current} />;
    case 'embeddings':
      return <EmbeddingsView {...current} key={hrefOf(current)} />;
    case 'panels':
      return <PanelsView {...current} />;
    case 'silences':
      return <SilencesView incident={current.incident} key={current.incident} />;
    case 'rules':
      return <RulesView />;
    case 'runbook':
      return <RunbookView name={current.name} />;
    case 'pipeline':
      return <PipelineView />;
    case 'send':
      return <SendView />;
    case 'unknown':
      return (
        <section>
          <h1>There is no such page</h1>
          <p>
            <a href="#/">Back to the overview</a>
          </p>
        </section>
      );
  }
}

/** A new view starts at its top, and a screen reader with its heading; a change of range moves nothing. */
function useFocusOnNavigation(main: { current: HTMLElement | null }): void {
  const last = useRef('');
  useSignalEffect(() => {
    const place = JSON.stringify({ ...route.value, range: '', chosen: '' });
    if (last.current !== '' && last.current !== place) {
      scrollTo(0, 0);
      main.current?.focus({ preventScroll: true });
    }
    last.current = place;
    document.title = titleOf(route.value);
  });
}

function titleOf(shown: Route): string {
  if (shown.view === 'overview') return 'Plumbline';
  return shown.view === 'runbook' ? `Plumbline: runbook ${shown.name}` : `Plumbline: ${shown.view}`;
}

const SECOND_MS = 1000;

function Connection() {
  const { answeredAt, problem } = connection.value;
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5 * SECOND_MS);
    return () => clearInterval(timer);
  }, []);
  if (!answeredAt && !problem) return null;
  if (asksForKey(problem)) return null;
  const isDown = problem !== null && problem.code !== 'not_found';
  const ageMs = answeredAt ? now - answeredAt.getTime() : 0;
  const age = ageMs > 10 * SECOND_MS ? `answered ${formatSpan(ageMs)} ago` : 'live';
  return (
    <span class={isDown ? 'connection is-down' : 'connection'} role="status">
      {isDown ? 'no connection' : age}
    </span>
  );
}

const THEMES: Readonly<Record<Theme, { readonly next: Theme; readonly sign: string }>> = {
  system: { next: 'light', sign: '◐' },
  light: { next: 'dark', sign: '○' },
  dark: { next: 'system', sign: '●' },
};

function ThemeChoice() {
  const { next, sign } = THEMES[theme.value];
  const label = `Theme: ${theme.value}. Change to ${next}.`;
  return (
    <button type="button" class="quiet" onClick={() => chooseTheme(next)} aria-label={label} title={label}>
      <span aria-hidden="true">{sign}</span>
    </button>
  );
}
