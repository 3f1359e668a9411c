import {
  PANEL_DASHBOARDS,
  PANEL_RANGES,
  type PanelsAnswer,
  type PanelVariableLine,
} from '../../api-panels.ts';
import { filledTitle } from '../panels/panel-values.ts';
import { PanelView } from '../panels/panel-view.tsx';
import { PollView } from '../poll-view.tsx';
import { RangeChoice } from '../range-choice.tsx';
import { hrefOf, type PanelPlace } from '../router.ts';
import { usePoll } from '../use-poll.ts';

const LABELS: Readonly<Record<PanelPlace['dashboard'], string>> = {
  overview: 'Overview',
  drift: 'Drift',
  degradation: 'Degradation',
  bias: 'Bias',
  cost: 'Cost',
  incidents: 'Incidents',
  pipeline: 'Pipeline',
};
const VARIABLES_EVERY_MS = 60_000;

type PanelsRoute = PanelPlace & { readonly view: 'panels' };

/** The panels that Grafana shows too, one dashboard at a time. */
export function PanelsView({ dashboard, range, chosen }: PanelPlace) {
  const query = new URLSearchParams({ range, ...chosen }).toString();
  const poll = usePoll<PanelsAnswer>(`api/panels/${dashboard}?${query}`, VARIABLES_EVERY_MS);
  const place: PanelsRoute = { view: 'panels', dashboard, range, chosen };
  return (
    <>
      <h1>Panels</h1>
      <nav class="tabs" aria-label="Dashboards">
        {PANEL_DASHBOARDS.map((name) => (
          <a
            key={name}
            href={hrefOf({ ...place, dashboard: name })}
            aria-current={name === dashboard ? 'page' : undefined}
          >
            {LABELS[name]}
          </a>
        ))}
      </nav>
      <RangeChoice
        ranges={PANEL_RANGES}
        current={range}
        href={(other) => hrefOf({ ...place, range: other })}
      />
      <PollView poll={poll}>{(answer) => <Dashboard answer={answer} place={place} />}</PollView>
    </>
  );
}

function Dashboard({ answer, place }: { answer: PanelsAnswer; place: PanelsRoute }) {
  const chosen = Object.fromEntries(answer.variables.map(({ name, chosen: value }) => [name, value]));
  const query = new URLSearchParams({ range: place.range, ...chosen }).toString();
  return (
    <>
      <p class="muted">{answer.purpose}</p>
      <form class="choices" onSubmit={(event) => event.preventDefault()}>
        {answer.variables.map((variable) => (
          <Choice key={variable.name} variable={variable} place={place} />
        ))}
      </form>
      {answer.rows.map(({ title, panels }) => (
        <section key={title} aria-label={title}>
          <h2>{title}</h2>
          <div class="panels">
            {panels.map((panel) => (
              <PanelView
                key={panel.id}
                panel={{ ...panel, title: filledTitle(panel.title, chosen) }}
                place={{ dashboard: answer.dashboard, query }}
                now={new Date(answer.now)}
              />
            ))}
          </div>
        </section>
      ))}
    </>
  );
}

function Choice({ variable, place }: { variable: PanelVariableLine; place: PanelsRoute }) {
  const { name, label, choices, chosen, isMulti } = variable;
  const shown = chosen === '' || choices.includes(chosen) ? choices : [chosen, ...choices];
  if (isMulti && shown.length === 0) return null;
  return (
    <label>
      <span class="muted">{label}</span>
      <select
        value={chosen}
        onChange={(event) => {
          location.hash = hrefOf({
            ...place,
            chosen: { ...place.chosen, [name]: event.currentTarget.value },
          });
        }}
      >
        {isMulti && <option value="">All</option>}
        {!isMulti && shown.length === 0 && <option value="">None in this range</option>}
        {shown.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    </label>
  );
}
