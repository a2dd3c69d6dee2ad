// Types of what this UI uses of htm/preact/standalone.

export type VNode = { type: unknown; props: Record<string, unknown>; key: unknown };
export type Child = VNode | string | number | boolean | null | undefined | Child[];
export type Ref<T> = { current: T };

export function h(type: unknown, props: Record<string, unknown> | null, ...children: Child[]): VNode;
export function html(strings: TemplateStringsArray, ...values: unknown[]): VNode;
export function render(node: Child, parent: Element): void;
export abstract class Component<P = Record<string, unknown>, S = Record<string, unknown>> {
  constructor(props?: P);
  props: P;
  state: S;
  base: Element | null;
  setState(change: Partial<S>): void;
  forceUpdate(): void;
  shouldComponentUpdate?(props: P, state: S): boolean;
  componentDidMount?(): void;
  componentDidUpdate?(): void;
  componentWillUnmount?(): void;
  abstract render(props?: P, state?: S): Child;
}
export function useState<T>(initial: T | (() => T)): [T, (value: T | ((old: T) => T)) => void];
export function useReducer<S, A>(reducer: (state: S, action: A) => S, initial: S): [S, (action: A) => void];
export function useEffect(run: () => void | (() => void), inputs?: unknown[]): void;
export function useLayoutEffect(run: () => void | (() => void), inputs?: unknown[]): void;
export function useRef<T>(initial: T): Ref<T>;
export function useMemo<T>(make: () => T, inputs?: unknown[]): T;
export function useCallback<T>(callback: T, inputs: unknown[]): T;
export function useErrorBoundary(report?: (error: unknown) => void): [unknown, () => void];
