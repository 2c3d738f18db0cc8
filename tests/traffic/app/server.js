// tests/traffic/app/server.js -- what the traffic asks: each kind of answer
// that a swap may break. Every answer names its version and instance.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');

const version = fs.readFileSync(__dirname + '/version', 'utf8').trim();
const instance = process.env.DOTCLOUD_SERVICE_NAME + '.' +
    (process.env.NODESOCKD_WORKER_ID || process.env.DOTCLOUD_SERVICE_ID);
const fields = {'X-Version': version, 'X-Instance': instance};
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

function send(res, body) {
	res.writeHead(200, {...fields, 'Content-Length': body.length});
	res.end(body);
}

// COUNT pieces, one every 100 ms.
function drip(res, type, count, piece) {
	let n = 0;
	res.writeHead(200, {...fields, 'Content-Type': type});
	const timer = setInterval(() => {
		res.write(piece(n));
		if (++n === count) {
			clearInterval(timer);
			res.end();
		}
	}, 100);
	res.on('close', () => clearInterval(timer));
}

function post(req, res) {
	const hash = crypto.createHash('sha256');
	req.on('data', (data) => hash.update(data));
	req.on('end', () => send(res, hash.digest('hex')));
}

const pages = {
	'/CloudHealthCheck': (req, res) => {
		res.writeHead(fs.existsSync('/tmp/ill') ? 500 : 200, fields);
		res.end();
	},
	'/': (req, res) => send(res, ('version ' + version + '\n').repeat(200)),
	'/slow': (req, res) => setTimeout(() => send(res, 'slow\n'), 2000),
	'/never': () => {},
	'/post': post,
	'/chunked': (req, res) =>
		drip(res, 'text/plain', 10, () => 'c'.repeat(1000)),
	'/events': (req, res) =>
		drip(res, 'text/event-stream', 20, (n) => 'data: ' + n + '\n\n'),
};

// A version that is to be taken back: its checks say nothing of it.
function fail(req, res) {
	req.resume();
	req.on('end', () => {
		res.writeHead(500, {...fields, 'Content-Length': 0});
		res.end();
	});
}

// The end of a deployment of 02-failed-deployments.
if (process.env.FAULT === 'memory') {
	const all = [];
	for (;;)
		all.push(Buffer.alloc(16 << 20, 1));
}

const server = http.createServer((req, res) => {
	if (process.env.FAULT === 'crash')
		res.on('finish', () => setTimeout(() => process.exit(7), 100));
	const page = pages[req.url];
	if (version.startsWith('failing') && req.url !== '/CloudHealthCheck')
		return fail(req, res);
	if (page)
		return page(req, res);
	res.writeHead(404, fields);
	res.end();
});

// Sends back what it gets: short unfragmented frames, as our client's are.
function echo(socket) {
	let held = Buffer.alloc(0);
	socket.on('error', () => {});
	socket.on('data', (data) => {
		held = Buffer.concat([held, data]);
		while (held.length >= 6 && held.length >= 6 + (held[1] & 127)) {
			const length = held[1] & 127;
			const text = Buffer.from(held.subarray(6, 6 + length));
			for (let i = 0; i < length; i++)
				text[i] ^= held[2 + i % 4];
			socket.write(Buffer.concat(
			    [Buffer.from([held[0], length]), text]));
			if ((held[0] & 15) === 8)
				socket.end();
			held = held.subarray(6 + length);
		}
	});
}

server.on('upgrade', (req, socket) => {
	const key = req.headers['sec-websocket-key'] + GUID;
	const accept = crypto.createHash('sha1').update(key).digest('base64');
	socket.write('HTTP/1.1 101 Switching Protocols\r\n' +
	    'Upgrade: websocket\r\nConnection: Upgrade\r\n' +
	    'X-Version: ' + version + '\r\nX-Instance: ' + instance + '\r\n' +
	    'Sec-WebSocket-Accept: ' + accept + '\r\n\r\n');
	echo(socket);
});

// As an application of nodesockd, or at the port of its type.
server.listen(process.env.LISTEN_ON || process.env.PORT || 8080, () => {
	if (!process.send)
		return;
	process.send('online');
	process.on('message', (message) => {
		if (message === 'shutdown')
			server.close(() => process.exit(0));
	});
});
