// The comments beside the page: those of the chosen block first, then the others; resolved ones folded away.

import { useMemo, useState } from "preact/hooks";
import { find } from "../model/document";
import { useApp, useStore } from "../parts/app";
import { IconButton } from "../parts/dialog";
import { Icon } from "../parts/icons";
import { t } from "../parts/words";
import { Composer, Face } from "./composer";
import type { Said, Thread } from "./talk";

export function CommentsPanel() {
  const app = useApp();
  const { store, talk } = app;
  const threads = useStore((state) => state.threads);
  const doc = useStore((state) => state.doc);
  const id = useStore((state) => state.selected.at(-1) ?? "");
  const block = find(doc, id);
  const label = block ? store.rules.label(block.type) : "";
  const parts = useMemo(() => {
    const open = threads.filter(({ resolved }) => !resolved);
    return { here: open.filter((thread) => thread.block === id), elsewhere: open.filter((thread) => thread.block !== id), done: threads.filter(({ resolved }) => resolved) };
  }, [threads, id]);
  return (
    <div class="aice-talk">
      <section>
        <h2>{block ? t("On this block: {label}", { label }) : t("On the page as a whole")}</h2>
        {parts.here.map((thread) => <ThreadBox key={thread.id} thread={thread} placed />)}
        <Composer key={id} name="" label={block ? t("Comment on {label}; @ mentions somebody", { label }) : t("Comment on the page; @ mentions somebody")} button={t("Comment")} send={(body) => talk.say(body, { block: block ? id : "" })} />
      </section>
      {parts.elsewhere.length > 0 && (
        <section>
          <h2>{id ? t("Elsewhere on the page") : t("On blocks")}</h2>
          {parts.elsewhere.map((thread) => <ThreadBox key={thread.id} thread={thread} />)}
        </section>
      )}
      {parts.done.length > 0 && (
        <details class="aice-talk__done">
          <summary>{t("Resolved: {n}", { n: parts.done.length })}</summary>
          {parts.done.map((thread) => <ThreadBox key={thread.id} thread={thread} />)}
        </details>
      )}
    </div>
  );
}

function ThreadBox({ thread, placed = false }: { thread: Thread; placed?: boolean }) {
  const app = useApp();
  const { store, talk } = app;
  const doc = useStore((state) => state.doc);
  const [answering, answer] = useState(talk.draft(String(thread.id)) !== "");
  const block = find(doc, thread.block);
  const where = thread.block ? (block ? `${store.rules.label(block.type)}${store.rules.excerpt(block) ? `: ${store.rules.excerpt(block)}` : ""}` : t("On a block that is gone")) : t("On the page as a whole");
  const tried = async (work: Promise<unknown>) => {
    try {
      await work;
    } catch (error) {
      store.tell(error instanceof Error ? error.message : String(error), undefined, true);
    }
  };
  return (
    <article class={`aice-thread${thread.resolved ? " aice-thread--done" : ""}`} aria-label={t("Comment by {name}", { name: thread.author.name || t("Somebody") })}>
      {!placed && (block ? <button type="button" class="aice-thread__where" onClick={() => talk.show(thread)}><Icon name={store.rules.types.get(block.type)?.icon ?? "block"} /> <span>{where}</span></button> : <p class="aice-thread__where">{where}</p>)}
      <Words said={thread} onRemove={() => void tried(talk.remove(thread))} />
      {thread.answers.map((one) => <Words key={one.id} said={one} onRemove={() => void tried(talk.remove(one))} />)}
      {thread.resolved && <p class="aice-help">{t("Resolved by {name}", { name: thread.resolved.by.name || t("Somebody") })}</p>}
      {answering ? (
        <Composer name={String(thread.id)} label={t("Answer; @ mentions somebody")} button={t("Answer")} focus onCancel={() => answer(false)} send={async (body) => {
          const unknown = await talk.say(body, { parent: thread.id });
          answer(false);
          return unknown;
        }} />
      ) : (
        <div class="aice-pick">
          <button type="button" class="aice-button" onClick={() => answer(true)}>{t("Answer")}</button>
          <button type="button" class="aice-button" onClick={() => void tried(talk.settle(thread))}>{thread.resolved ? t("Open again") : <><Icon name="check" /> {t("Resolve")}</>}</button>
        </div>
      )}
    </article>
  );
}

function Words({ said, onRemove }: { said: Said; onRemove: () => void }) {
  const { boot } = useApp();
  const [sure, ask] = useState(false);
  const handles = new Set(said.mentions.map(({ handle }) => handle.toLowerCase()));
  const parts = said.body.split(/(@[\w][\w.+-]*)/).map((part, at) => (at % 2 && handles.has(part.slice(1).replace(/[.+-]+$/, "").toLowerCase()) ? <mark key={at}>{part}</mark> : part));
  const name = said.author.name || t("Somebody");
  return (
    <div class="aice-words" id={`comment-${said.id}`} tabIndex={-1}>
      <div class="aice-words__head">
        <Face person={said.author} />
        <strong>{said.mine ? t("{name} (you)", { name }) : name}</strong>
        <time dateTime={said.created}>{moment(said.created, boot.locale)}</time>
        {said.can_delete && !sure && <IconButton icon="trash" label={t("Delete the comment by {name}", { name })} onClick={() => ask(true)} />}
      </div>
      <p class="aice-words__body">{parts}</p>
      {sure && (
        <div class="aice-pick" role="group" aria-label={t("Delete the comment?")}>
          <button type="button" class="aice-button aice-button--danger" ref={(element) => element?.focus()} onClick={onRemove}>{t("Delete")}</button>
          <button type="button" class="aice-button" onClick={() => ask(false)}>{t("Keep it")}</button>
        </div>
      )}
    </div>
  );
}

/** A moment as people say it: the time of today, else the day. */
function moment(text: string, locale: string): string {
  const at = new Date(text);
  const today = at.toDateString() === new Date().toDateString();
  try {
    return new Intl.DateTimeFormat(document.documentElement.lang || locale || undefined, today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" }).format(at);
  } catch {
    return text.slice(0, 16).replace("T", " ");
  }
}
