// The list of what should be mended, with a button that leads there or mends it.

import { useEffect, useMemo, useState } from "preact/hooks";
import type { Doc } from "../model/types";
import { useApp, useStore } from "../parts/app";
import { Icon } from "../parts/icons";
import { t } from "../parts/words";
import { allLinks, findingsOf, minutesFor, wordsIn, type Finding } from "./checks";

const PAUSE = 800;

/** The findings, a moment after the last change: they never hold up what is typed. */
export function useFindings(): { findings: Finding[]; words: number } {
  const app = useApp();
  const doc = useStore((state) => state.doc);
  const fields = useStore((state) => state.fields);
  const errors = useStore((state) => state.errors);
  // Nor do they hold up the opening.
  const [settled, settle] = useState<Doc>([]);
  const [broken, keep] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const timer = setTimeout(() => settle(doc), PAUSE);
    return () => clearTimeout(timer);
  }, [doc]);
  const links = useMemo(() => allLinks(settled), [settled]);
  useEffect(() => {
    if (!links.length) return keep(new Set());
    app.http.json<{ broken: string[] }>(app.boot.urls.check!, { method: "POST", body: { links } }).then((found) => keep(new Set(found.broken)), () => undefined);
  }, [links.join(" ")]);
  return useMemo(() => ({ findings: findingsOf(settled, fields, errors, broken, app.store.rules), words: wordsIn(settled) }), [settled, fields, errors, broken]);
}

export function ChecksPanel({ findings, words }: { findings: Finding[]; words: number }) {
  const app = useApp();
  const show = (finding: Finding) => {
    if (finding.id) {
      app.store.select([finding.id]);
      app.store.set({ panel: "block", showPanel: true });
      app.showOnCanvas(finding.id);
      app.focusField(finding.id, finding.fix?.field);
    } else app.store.set({ panel: "page" });
  };
  return (
    <div class="aice-checkslist">
      <p class="aice-help">{t("{words} words, about {n} minutes to read.", { words, n: minutesFor(words) })}</p>
      {findings.length === 0 && <p class="aice-empty"><Icon name="check" /> {t("Nothing to mend.")}</p>}
      <ul>
        {findings.map((finding) => (
          <li key={finding.key} class={`aice-finding aice-finding--${finding.level}`}>
            <Icon name={finding.level === "hint" ? "search" : "warn"} />
            <div>
              <p>{finding.text}</p>
              <div class="aice-pick">
                {finding.fix?.props && finding.id && <button type="button" class="aice-button" onClick={() => app.store.update(finding.id!, finding.fix!.props!)}>{finding.fix.label}</button>}
                <button type="button" class="aice-button" onClick={() => show(finding)}>{finding.fix?.focus ? finding.fix.label : t("Show it")}</button>
              </div>
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}
