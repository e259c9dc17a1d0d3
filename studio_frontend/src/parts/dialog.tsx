// Dialogs: the browser's own, which keep the focus inside and give it back.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icons";
import { t } from "./words";

interface Props {
  title: string;
  onClose?: () => void;
  wide?: boolean;
  /** Closed neither by Escape nor by a button: an answer is needed. */
  firm?: boolean;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, wide, firm, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const [before] = useState(() => document.activeElement as HTMLElement | null);
  useEffect(() => {
    const dialog = element.current!;
    dialog.showModal();
    dialog.querySelector<HTMLElement>("[data-focus]")?.focus();
    return () => {
      dialog.close();
      // Once everything is drawn that the answer changed, unless it has put the focus somewhere itself.
      setTimeout(() => {
        if (before?.isConnected && (document.activeElement === document.body || !document.activeElement)) before.focus();
      });
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`aice-dialog${wide ? " aice-dialog--wide" : ""}`}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        if (!firm) onClose?.();
      }}
      onKeyDown={(event) => {
        // The keys of the editor are not for what is in a dialog.
        event.stopPropagation();
        if (event.key === "Escape") {
          event.preventDefault();
          if (!firm) onClose?.();
        }
      }}
      onClick={(event) => event.target === element.current && !firm && onClose?.()}
    >
      <div class="aice-dialog__box">
        <div class="aice-dialog__head">
          <h2>{title}</h2>
          {!firm && (
            <button type="button" class="aice-button aice-button--quiet" aria-label={t("Close")} onClick={onClose}>
              <Icon name="close" />
            </button>
          )}
        </div>
        {children}
      </div>
    </dialog>
  );
}

interface MenuProps {
  label: string;
  icon?: string;
  text?: string;
  class?: string;
  items: ({ label: string; icon?: string; run: () => void; off?: boolean; danger?: boolean } | null)[];
}

/** A button with a list of actions, by the pattern of a disclosure: Tab goes through it, Escape closes it. */
export function Menu({ label, icon, text, items, class: name = "" }: MenuProps) {
  const element = useRef<HTMLDetailsElement>(null);
  const close = () => {
    const details = element.current;
    if (!details?.open) return;
    details.open = false;
    details.querySelector("summary")?.focus();
  };
  useEffect(() => {
    const away = (event: Event) => {
      if (element.current && !element.current.contains(event.target as Node)) element.current.open = false;
    };
    document.addEventListener("pointerdown", away);
    return () => document.removeEventListener("pointerdown", away);
  }, []);
  return (
    <details
      ref={element}
      class="aice-menu"
      onKeyDown={(event) => {
        if (event.key === "Escape" && element.current?.open) {
          event.stopPropagation();
          close();
        }
      }}
    >
      <summary class={`aice-button ${name}`} aria-label={text ? undefined : label} title={label}>
        {icon && <Icon name={icon} />}
        {text}
      </summary>
      <ul class="aice-menu__list">
        {items.map(
          (item) =>
            item && (
              <li key={item.label}>
                <button
                  type="button"
                  disabled={item.off}
                  class={item.danger ? "aice-danger" : ""}
                  onClick={() => {
                    close();
                    item.run();
                  }}
                >
                  {item.icon && <Icon name={item.icon} />}
                  {item.label}
                </button>
              </li>
            ),
        )}
      </ul>
    </details>
  );
}

export function IconButton(props: { icon: string; label: string; onClick: (event: MouseEvent) => void; disabled?: boolean; pressed?: boolean; keys?: string; class?: string }) {
  return (
    <button
      type="button"
      class={`aice-button aice-button--quiet ${props.class ?? ""}`}
      aria-label={props.label}
      title={props.keys ? `${props.label} (${props.keys})` : props.label}
      aria-pressed={props.pressed}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}
