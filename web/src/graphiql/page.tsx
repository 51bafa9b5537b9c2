// GraphiQL with what this server adds around it: who is signed in, examples, and how the last request went.

import { GraphiQL } from "graphiql";
import { useEditorContext, useSchemaStore } from "@graphiql/react";
import { useEffect } from "react";

import { session } from "../shared/session";
import { AccountBar } from "./account";
import { EXAMPLES_PLUGIN, NARROW } from "./examples";
import { fetcher } from "./fetcher";
import { schemaNotice, useValue } from "./seen";
import { StatusLine } from "./status";

const WELCOME = `# Welcome to Regimen.
#
# Ctrl-Enter sends what is written here, Ctrl-Space completes it.
# On the left: documentation, history, and examples that run as they are.

query Library {
  exercises(filter: { search: "squat" }, first: 5) {
    nodes {
      name
      category
      primaryMuscles
    }
  }
}
`;

const PLUGINS = [EXAMPLES_PLUGIN];

export function Page() {
  return (
    <>
      <header className="bar">
        <h1>
          Regimen <span>GraphiQL</span>
        </h1>
        <AccountBar />
      </header>
      <Notice />
      <main>
        <GraphiQL
          fetcher={fetcher}
          defaultQuery={WELCOME}
          plugins={PLUGINS}
          defaultEditorToolsVisibility={matchMedia(NARROW).matches ? false : "variables"}
          showPersistHeadersSettings={false}
          inputValueDeprecation
          schemaDescription
        >
          <GraphiQL.Logo>
            <SchemaOfViewer />
            <EditorNames />
          </GraphiQL.Logo>
          <GraphiQL.Footer>
            <StatusLine />
          </GraphiQL.Footer>
        </GraphiQL>
      </main>
    </>
  );
}

function Notice() {
  const text = useValue(schemaNotice);
  return (
    <p className="notice" role="status">
      {text}
    </p>
  );
}

/** Tells those who do not see the editors which is which. Shows nothing. */
function EditorNames() {
  const { queryEditor, variableEditor, headerEditor, responseEditor } = useEditorContext({ nonNull: true });
  useEffect(() => {
    const name = (editor: { getInputField(): HTMLElement } | null, text: string) => editor?.getInputField().setAttribute("aria-label", text);
    name(queryEditor, "Operation");
    name(variableEditor, "Variables");
    name(headerEditor, "Headers");
    name(responseEditor, "Answer");
  }, [queryEditor, variableEditor, headerEditor, responseEditor]);
  return null;
}

/** Another viewer may see another schema: admins do where it is hidden from others. Shows nothing. */
function SchemaOfViewer() {
  const introspect = useSchemaStore((store) => store.introspect);
  const account = useValue(session)?.account.email;
  useEffect(() => {
    void introspect();
  }, [account, introspect]);
  return null;
}
