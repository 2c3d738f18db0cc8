const app = require('express')();

app.get('/', (req, res) => {
	res.send(`Hello from worker ${process.env.NODESOCKD_WORKER_ID || 0}.\n`);
});

const server = app.listen(process.env.LISTEN_ON || 8080, () => {
	/* Not there when it is run by hand. */
	if (!process.send)
		return;
	process.send('online');
	process.on('message', (message) => {
		if (message === 'shutdown')
			server.close(() => process.exit(0));
	});
});
