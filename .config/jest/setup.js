import '../jest-setup';
import { configure } from '@testing-library/react';

// jsdom draws nothing; Grafana's lists measure their texts on a canvas to find their width.
HTMLCanvasElement.prototype.getContext = () => ({ measureText: (text) => ({ width: text.length * 8 }) });

// Nor does it scroll, or watch what is in sight.
Element.prototype.scrollIntoView = () => {};
window.IntersectionObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};

// What was typed in one test does not come back in the next.
afterEach(() => sessionStorage.clear());

// Whether an element can be seen, and what it is called, is computed from all the styles that were ever drawn, which
// takes nearly all of a test's time. The tests in a browser see to how things look; here an element has its own style.
window.getComputedStyle = (element) => element.style;

// Builds share their machine, so waiting may take longer than a second.
configure({ defaultHidden: true, asyncUtilTimeout: 8000 });
