// Where a comment is written: a text in which @ offers the people who may read the page.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useApp } from "../parts/app";
import { t } from "../parts/words";
import type { Person } from "./talk";

const MENTION = /(^|[^\w@.])@([\w.+-]{0,60})$/;
const PAUSE = 120;

interface Props {
  /** The name under which the text is kept until it is sent. */
  name: string;
  label: string;
  button: string;
  /** Send the text; returns which handles name nobody. */
  send: (text: string) => Promise<string[]>;
  onCancel?: () => void;
  focus?: boolean;
}

export function Composer({ name, label, button, send, onCancel, focus }: Props) {
  const { store, talk } = useApp();
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, type] = useState(talk.draft(name));
  const [people, offer] = useState<Person[]>([]);
  const [active, move] = useState(0);
  const [busy, work] = useState(false);
  const [problem, fail] = useState("");
  const asked = useRef({ number: 0, timer: 0 });
  useEffect(() => {
    if (focus) field.current?.focus();
    return () => clearTimeout(asked.current.timer);
  }, []);

  const write = (next: string) => {
    type(next);
    talk.keep(name, next);
  };
  const wanted = (): string | null => {
    const element = field.current!;
    return element.selectionStart === element.selectionEnd ? (MENTION.exec(element.value.slice(0, element.selectionStart))?.[2] ?? null) : null;
  };
  const look = () => {
    clearTimeout(asked.current.timer);
    const number = ++asked.current.number;
    const word = wanted();
    if (word === null) return offer([]);
    asked.current.timer = window.setTimeout(() => {
      void talk.people(word).then((found) => {
        if (asked.current.number !== number) return;
        offer(found);
        move(0);
      });
    }, PAUSE);
  };
  const choose = (person: Person | undefined) => {
    const element = field.current!;
    const word = wanted();
    if (!person || word === null) return;
    const at = element.selectionStart;
    const begin = at - word.length;
    const next = `${element.value.slice(0, begin)}${person.handle} ${element.value.slice(at).replace(/^ /, "")}`;
    offer([]);
    asked.current.number++;
    write(next);
    requestAnimationFrame(() => {
      element.focus();
      element.setSelectionRange(begin + person.handle.length + 1, begin + person.handle.length + 1);
    });
  };
  const submit = async () => {
    if (busy || !text.trim()) return;
    work(true);
    fail("");
    try {
      const unknown = await send(text);
      write("");
      if (unknown.length) store.tell(t("Said. Nobody who may read this page is called {names}.", { names: unknown.map((one) => `@${one}`).join(", ") }), undefined, true);
      else store.say(t("Said."));
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error));
    } finally {
      work(false);
    }
  };

  return (
    <form
      class="aice-say"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label class="aice-hidden" for={id}>{label}</label>
      <textarea
        ref={field}
        id={id}
        rows={text || focus ? 3 : 2}
        maxLength={4000}
        placeholder={label}
        value={text}
        aria-autocomplete="list"
        aria-controls={people.length ? `${id}-people` : undefined}
        aria-activedescendant={people[active] ? `${id}-${people[active].id}` : undefined}
        aria-invalid={problem ? "true" : undefined}
        aria-describedby={problem ? `${id}-problem` : undefined}
        onInput={(event) => {
          write(event.currentTarget.value);
          look();
        }}
        onBlur={() => setTimeout(() => offer([]), 150)}
        onKeyDown={(event) => {
          const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
          if (people.length && steps[event.key]) move((active + steps[event.key]! + people.length) % people.length);
          else if (people.length && (event.key === "Enter" || event.key === "Tab")) choose(people[active]);
          else if (people.length && event.key === "Escape") offer([]);
          else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void submit();
          else if (event.key === "Escape" && onCancel) onCancel();
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      {people.length > 0 && (
        <ul id={`${id}-people`} role="listbox" aria-label={t("People")} class="aice-results aice-people">
          {people.map((person, at) => (
            <li key={person.id} id={`${id}-${person.id}`} role="option" aria-selected={at === active} onPointerDown={(event) => event.preventDefault()} onClick={() => choose(person)}>
              <Face person={person} />
              <span>{person.name}</span>
              <span class="aice-results__note">@{person.handle}</span>
            </li>
          ))}
        </ul>
      )}
      {problem && <p class="aice-error" id={`${id}-problem`} role="alert">{problem}</p>}
      {(text.trim() || onCancel) && (
        <div class="aice-pick">
          <button type="submit" class="aice-button aice-button--main" disabled={busy || !text.trim()}>{button}</button>
          {onCancel && <button type="button" class="aice-button" onClick={onCancel}>{t("Cancel")}</button>}
        </div>
      )}
    </form>
  );
}

/** Somebody's initials, in a colour that is theirs. */
export function Face({ person, label }: { person: Person; label?: string }) {
  const text = String(person.id ?? "");
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + letter.charCodeAt(0)) % 6;
  return <span class="aice-face" data-colour={sum} data-initials={person.initials} title={label} {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" })} />;
}
