// builder/types/nodejs/language.cjs -- which node an application was written
// for that does not say so.
//
// dotCloud ran it with v0.4.x, and neither express 2 and 3 nor socket.io 0.9 run
// with the node of today. Signs are a dependency that allows only versions of
// the time, and calls that are gone. A file in today's JavaScript outweighs them.

'use strict';

const fs = require('fs');
const path = require('path');
const semver = require('semver');

const FILES = 100, BYTES = 256 * 1024, DEPTH = 3;
const NOT_OURS = /^(\..*|node_modules|bower_components|components|public|static|assets|vendor|tests?|docs?)$/;

// The first version of each that is not of the time.
const LATER = { connect: '3.0.0', express: '4.0.0', 'express.io': '99.0.0',
	mongodb: '2.0.0', mongoose: '4.0.0', now: '99.0.0', 'socket.io': '1.0.0',
	'socket.io-client': '1.0.0', ws: '0.5.0' };

const MIDDLEWARE = 'bodyParser|compress|cookieParser|cookieSession|csrf|' +
    'errorHandler|favicon|logger|methodOverride|session';
const SIGNS = [
	/\bexpress\.createServer\b/,
	/\b(app|server|io)\.configure\b/,
	new RegExp('\\bexpress\\.(' + MIDDLEWARE + ')\\b'),
	/\brequire\.paths\b/,
	/\bpath\.exists(Sync)?\b/,
	/\b(sys|util)\.(puts|print)\b/,
];
const TODAY = /^\s*(const|let|class|import|export|async)\s|=>|\bawait\s/m;

// Modules of the application, those of the top first.
function files(top) {
	const found = [];
	let level = [top];

	for (let depth = 0; depth < DEPTH; depth++) {
		const below = [];

		for (const dir of level)
			for (const e of fs.readdirSync(dir, { withFileTypes: true })) {
				const name = path.join(dir, e.name);

				if (e.isDirectory() && !NOT_OURS.test(e.name))
					below.push(name);
				else if (e.isFile() && /\.(js|coffee)$/.test(e.name) &&
				    fs.statSync(name).size <= BYTES)
					found.push(name);
			}
		level = below.slice(0, FILES);
	}
	return found.slice(0, FILES);
}

function dependencies(top) {
	try {
		const p = JSON.parse(fs.readFileSync(path.join(top, 'package.json')));

		return [Object.entries(p.dependencies || {}).filter(
		    ([, range]) => typeof range === 'string'),
		    String(p.engines && p.engines.node || '')];
	} catch {
		return [[], ''];
	}
}

function fromPackages(all) {
	const old = all.find(([name, range]) => Object.hasOwn(LATER, name) &&
	    semver.validRange(range) && semver.gtr(LATER[name], range));

	return old && 'it needs ' + old[0] + ' ' + old[1];
}

function fromFiles(top) {
	let reason;

	for (const name of files(top)) {
		const text = fs.readFileSync(name, 'utf8');

		if (name.endsWith('.js') && TODAY.test(text))
			return ['', true];
		text.split('\n').some((line, i) => {
			const sign = !reason && !/^\s*(\/\/|\*|#)/.test(line) &&
			    SIGNS.map((s) => s.exec(line)).find(Boolean);

			if (sign)
				reason = path.relative(top, name) + ' line ' + (i + 1) +
				    ' uses ' + sign[0];
			return reason;
		});
	}
	return [reason, false];
}

// npm writes "^" since node 0.10.26.
function version(all, engines) {
	const lines = all.some(([, range]) => range.includes('^')) ?
	    ['0.10.x', '0.12.x'] : ['0.8.x', '0.10.x', '0.12.x'];

	if (!semver.validRange(engines))
		return lines[0];
	return lines.find((line) => semver.intersects(line, engines));
}

// [VERSION, REASON] of the application in TOP, or nothing: today's.
exports.guess = (top) => {
	const [all, engines] = dependencies(top);
	const [sign, isToday] = fromFiles(top);
	const reason = !isToday && (sign || fromPackages(all));
	const chosen = reason && version(all, engines);

	return chosen ? [chosen, reason] : undefined;
};
