// What the editor of rich text, a script of its own that is loaded when it is needed, has for the others.

export interface RichOptions {
  element: HTMLElement;
  html: string;
  inline: boolean;
  label?: string;
  onChange: (html: string) => void;
  /** Return true to have taken the key. */
  onKey?: (event: KeyboardEvent) => boolean;
  /** Return true to have taken what is pasted. */
  onPaste?: (data: DataTransfer) => boolean;
  onBlur?: () => void;
  onState?: (state: RichState) => void;
}

export interface RichState {
  marks: Record<string, boolean>;
  block: string;
  link: string;
}

export interface RichEditor {
  focus(point?: { x: number; y: number }): void;
  run(command: string, value?: string): void;
  insertHtml(html: string): void;
  insertText(text: string): void;
  setHtml(html: string): void;
  html(): string;
  isEmpty(): boolean;
  /** Whether the cursor is at the very beginning, or at the very end. */
  at(): "start" | "end" | "both" | "middle";
  /** Whether the paragraph that the cursor is in is empty. */
  lineIsEmpty(): boolean;
  state(): RichState;
  watch(listener: () => void): () => void;
  /** Take what stands behind the cursor away and return it. */
  splitOff(): string;
  destroy(): void;
}

export interface RichModule {
  /** Null if the text holds what would be lost by editing it here. */
  mount(options: RichOptions): RichEditor | null;
}
