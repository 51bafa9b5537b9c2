// Where something stands that has several phases.

export interface Step {
  name: string;
  title: string;
  note: string;
}

/** Without a current one they are only listed. */
export function Steps({ steps, current, label }: { steps: Step[]; current?: string; label: string }) {
  const at = steps.findIndex(({ name }) => name === current);
  return (
    <ol class="steps" aria-label={label}>
      {steps.map(({ name, title, note }, index) => (
        <li key={name} class={index < at ? "done" : index === at ? "now" : ""} aria-current={index === at ? "step" : undefined}>
          <b>{title}</b>
          <span>{note}</span>
        </li>
      ))}
    </ol>
  );
}
