import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Answer, Problem } from './request.ts';

/** A form that does one thing: it says when it is at work, and what went wrong. */
export function ActionForm<T>(props: {
  /** On the button. */
  label: string;
  /** Does it; null: there is something to mend first, and the form says what. */
  act: () => Promise<Answer<T>> | string;
  onDone: () => void;
  onCancel?: (() => void) | undefined;
  children: ComponentChildren;
}) {
  const { label, act, onDone, onCancel, children } = props;
  const [isAtWork, setAtWork] = useState(false);
  const [fault, setFault] = useState('');
  const submit = async (): Promise<void> => {
    const acting = act();
    if (typeof acting === 'string') return setFault(acting);
    setAtWork(true);
    const answer = await acting;
    setAtWork(false);
    if ('problem' in answer) return setFault(actionProblem(answer.problem));
    setFault('');
    onDone();
  };
  return (
    <form
      class="action-form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {children}
      {fault !== '' && (
        <p class="notice" role="alert">
          {fault}
        </p>
      )}
      <p class="buttons">
        <button type="submit" class="main-button" disabled={isAtWork}>
          {isAtWork ? 'One moment …' : label}
        </button>
        {onCancel && (
          <button type="button" onClick={onCancel}>
            Cancel
          </button>
        )}
      </p>
    </form>
  );
}

/** What went wrong, with the mend. */
export function actionProblem({ code, message }: Problem): string {
  if (code === 'unauthorized' || code === 'forbidden')
    return `${message}. Writing needs a key with the scope write: sign in with one (plumbline keys create --scope read --scope write).`;
  if (code === 'offline') return 'Plumbline does not answer: nothing was changed. Try again.';
  return message;
}

/** One field of a form with its label, and what it is for. */
export function Field(props: { id: string; label: string; hint?: string; children: ComponentChildren }) {
  const { id, label, hint, children } = props;
  return (
    <p class="field">
      <label for={id}>{label}</label>
      {children}
      {hint && (
        <span class="muted note" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </p>
  );
}
