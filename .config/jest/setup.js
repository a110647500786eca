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

// Whether an element can be seen is computed from all styles each time, which takes most of a test's time; the tests in
// a browser see to that. Builds share their machine, so waiting may take longer than a second.
configure({ defaultHidden: true, asyncUtilTimeout: 8000 });
