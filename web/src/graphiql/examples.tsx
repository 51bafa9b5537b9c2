// The examples in the sidebar. They are in `examples.graphql`, and a test runs each of them.

import { useEditorContext, usePluginStore, type GraphiQLPlugin } from "@graphiql/react";
import { flushSync } from "react-dom";

import text from "./examples.graphql?raw";
import { examplesOf, type Example } from "./examples-of.mjs";

const EXAMPLES = examplesOf(text);
/** Where there is no room to spare; as in `style.css`. */
export const NARROW = "(max-width: 700px)";

export const EXAMPLES_PLUGIN: GraphiQLPlugin = { title: "Examples", icon: Icon, content: Content };

function Icon() {
  return (
    <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.4" aria-hidden="true">
      <path d="M3 2.5h10v11H3zM5.5 5.5l2 2-2 2M9 9.5h2" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

function Content() {
  const editors = useEditorContext({ nonNull: true });
  const setVisiblePlugin = usePluginStore((store) => store.setVisiblePlugin);

  function show(example: Example) {
    const { queryEditor, variableEditor, addTab } = editors;
    // What somebody wrote stays where it is.
    if (queryEditor?.getValue().trim()) flushSync(addTab);
    queryEditor?.setValue(example.query);
    variableEditor?.setValue(example.variables);
    // Where the list lies over the editor, it has done its work.
    if (matchMedia(NARROW).matches) setVisiblePlugin(null);
    queryEditor?.focus();
  }

  return (
    <section className="examples" aria-label="Examples">
      <h2>Examples</h2>
      <p>Each opens in a tab of its own and runs as it is. Most need somebody who is signed in.</p>
      {[...groups()].map(([group, examples]) => (
        <div key={group}>
          <h3>{group}</h3>
          <ul>
            {examples.map((example) => (
              <li key={example.title}>
                <button type="button" onClick={() => show(example)}>
                  <b>{example.title}</b>
                  <span>{withCode(example.note)}</span>
                </button>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

/** What stands in backticks, as code. */
function withCode(note: string) {
  return note.split("`").map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part));
}

function groups(): Map<string, Example[]> {
  const found = new Map<string, Example[]>();
  for (const example of EXAMPLES) found.set(example.group, [...(found.get(example.group) ?? []), example]);
  return found;
}
