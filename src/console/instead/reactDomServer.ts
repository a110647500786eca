import { Children, isValidElement, type ReactNode } from 'react';

/* Instead of react-dom/server, from whose markup Grafana takes the words alone, for the tooltip of a text that is cut. */

/** The words of an element, without markup. */
export function renderToStaticMarkup(node: ReactNode): string {
  return Children.toArray(node)
    .map((child) =>
      isValidElement<{ children?: ReactNode }>(child) ? renderToStaticMarkup(child.props.children) : child
    )
    .join('');
}

export default { renderToStaticMarkup };
