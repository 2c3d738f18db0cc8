/* tests/integration/nodesock_app.js -- what load.py asks, as a worker of
 * nodesockd: online, shutdown, restart, suspended and resumed by messages. */
const VERSION = '0';
const crypto = require('crypto');
const app = require('express')();
const me = process.env.NODESOCKD_WORKER_ID;

let resume = () => {};
const resumed = process.env.NODESOCKD_SUSPENDED === 'true' ?
    new Promise((resolve) => { resume = resolve; }) : null;

function answer(res, text) {
	res.set('X-Version', VERSION);
	res.set('Content-Length', String(text.length));
	res.end(text);
}

console.log(`worker ${me} begins`);
app.use(async (req, res, next) => {
	if (resumed && req.path !== '/CloudHealthCheck') {
		console.log('holds a request');
		await resumed;
	}
	next();
});
app.get('/', (req, res) => answer(res, `version ${VERSION} `.repeat(500)));
app.get('/slow', (req, res) => setTimeout(
    () => answer(res, `version ${VERSION} `.repeat(500)), 300));
app.post('/', (req, res) => {
	const hash = crypto.createHash('sha256');

	req.on('data', (bytes) => hash.update(bytes));
	req.on('end', () => answer(res, `${VERSION} ${hash.digest('hex')}`));
});
app.get('/who', (req, res) => answer(res, `${me}\n`));
app.get('/env', (req, res) => answer(res, `${process.env.LISTEN_ON} ` +
    `${process.env.NODESOCKD_SUSPENDED || 'now'}\n`));
app.get('/again', (req, res) => {
	console.log('begins anew');
	answer(res, 'again\n');
	process.send('restart');
});

const server = app.listen(process.env.LISTEN_ON, () => {
	process.send('online');
	process.on('message', (message) => {
		if (message === 'resume')
			resume();
		if (message !== 'shutdown')
			return;
		console.log(`worker ${me} shuts down`);
		server.close(() => process.exit(0));
	});
});
