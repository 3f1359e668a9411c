import type { RuleLine, RulesAnswer } from '../../api-views.ts';
import { PollView } from '../poll-view.tsx';
import { Receivers } from '../receivers.tsx';
import { hrefOf } from '../router.ts';
import { Runbook } from '../runbook.tsx';
import { usePoll } from '../use-poll.ts';
import { SeverityTag } from '../verdict.tsx';

/** What is in force, which incidents each rule governs, and whether the receivers take what they are sent. */
export function RulesView() {
  const poll = usePoll<RulesAnswer>('api/rules');
  return (
    <>
      <h1>Rules</h1>
      <PollView poll={poll}>{(answer) => <Filled answer={answer} />}</PollView>
    </>
  );
}

function Filled({ answer }: { answer: RulesAnswer }) {
  const { rules, receivers, source } = answer;
  return (
    <>
      <p class="lead-line">
        The first rule that matches a change governs its incident. Read from <code>{source}</code>; what
        changes there is in force a few seconds later.
      </p>
      <ol class="rules">
        {rules.map((rule) => (
          <Rule key={rule.name} rule={rule} />
        ))}
      </ol>
      {rules.length === 0 && (
        <p class="empty">
          There are no rules: every change that stands opens an incident. Write a file of rules and set{' '}
          <code>ALERTS_FILE</code> to it.
        </p>
      )}
      <section aria-labelledby="receivers">
        <h2 id="receivers">Receivers, over the last week</h2>
        <Receivers receivers={receivers} now={new Date(answer.now)} />
      </section>
    </>
  );
}

function Rule({ rule }: { rule: RuleLine }) {
  const { name, isOn, severity, matches, conditions, receivers, runbook, incidents } = rule;
  return (
    <li class={isOn ? undefined : 'is-off'}>
      <p class="rule-head">
        <strong>{name}</strong>
        {severity && <SeverityTag severity={severity} />}
        {!isOn && <span class="tag is-quiet">opens nothing</span>}
        <span class="muted">{matches.length > 0 ? matches.join(', ') : 'whatever no rule above took'}</span>
      </p>
      {conditions.length > 0 && <p class="muted">{conditions.join('; ')}.</p>}
      <p class="rule-foot">
        <span>Tells {receivers.length > 0 ? receivers.join(', ') : 'every receiver'}</span>
        <Runbook runbook={runbook} />
      </p>
      {incidents.length > 0 && (
        <ul class="governed">
          {incidents.map(({ id, title }) => (
            <li key={id}>
              <a href={hrefOf({ view: 'incident', id })}>{title}</a>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
