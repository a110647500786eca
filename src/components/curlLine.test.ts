import { curlLine } from './curlLine';

test.each([
  ['https://old.example.com/grafana.db', "curl -fL -o grafana.db 'https://old.example.com/grafana.db'"],
  [' http://[::1]:3000/a?b=c&d=$HOME ', "curl -fL -o grafana.db 'http://[::1]:3000/a?b=c&d=$HOME'"],
  ["https://x/';reboot;'", "curl -fL -o grafana.db 'https://x/%27;reboot;%27'"],
  ["https://x/?q='$(id)'", "curl -fL -o grafana.db 'https://x/?q=%27$(id)%27'"],
  ["https://x/#'`id`", "curl -fL -o grafana.db 'https://x/#%27%60id%60'"],
  ['https://user:secret@x/', undefined],
  ['file:///etc/passwd', undefined],
  ['javascript:alert(1)', undefined],
  ['grafana.db', undefined],
  ['', undefined],
])('%s', (address, line) => expect(curlLine(address, 'grafana.db')).toBe(line));
