import { eventParser, type ServerEvent } from './events';

const parsed = (...pieces: string[]): ServerEvent[] => {
  const events: ServerEvent[] = [];
  const parse = eventParser((event) => events.push(event));
  pieces.forEach(parse);
  return events;
};

const STREAM =
  'retry: 1000\n\nid: 7\nevent: denial\ndata: {"a":"b: c"}\n\n:\n\nid: 8\ndata: x\ndata:y\n\nid: 9\ndata: half';
const EVENTS = [
  { id: '7', event: 'denial', data: '{"a":"b: c"}' },
  { id: '8', event: 'message', data: 'x\ny' },
];

test('events are taken out of the stream; comments and what is not whole yet are none', () => {
  expect(parsed(STREAM)).toEqual(EVENTS);
});

test('wherever the stream is cut, the events are the same', () => {
  for (let at = 0; at <= STREAM.length; at++) {
    expect(parsed(STREAM.slice(0, at), STREAM.slice(at))).toEqual(EVENTS);
  }
});
