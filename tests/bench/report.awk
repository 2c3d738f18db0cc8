# tests/bench/report.awk -- medians of "column, phase, microseconds", which come
# sorted by all three, as a table in Markdown.

BEGIN {
	FS = "\t"
	ncolumns = split("rsync-1 rsync-2 git-1 git-2 docker-1 docker-2",
	    columns, " ")
}

# One group's values, in order.
{
	key = $1 SUBSEP $2
	count[key]++
	value[key, count[key]] = $3
}

function median(column, phase,    key, n) {
	key = column SUBSEP phase
	n = count[key]
	if (n == 0)
		return 0
	if (n % 2 == 1)
		return value[key, (n + 1) / 2] / 1000
	return (value[key, n / 2] + value[key, n / 2 + 1]) / 2000
}

function cell(column, phase) {
	if (count[column, phase] == 0 && phase ~ /^0/)
		return "no engine"
	if (count[column, phase] == 0)
		return "-"
	return sprintf("%.0f", median(column, phase))
}

function row(phase, name,    i, line) {
	line = "| " name " |"
	for (i = 1; i <= ncolumns; i++)
		line = line " " cell(columns[i], phase) " |"
	print line
}

function range(phase, name,    i, line, key) {
	line = "| " name " |"
	for (i = 1; i <= ncolumns; i++) {
		key = columns[i] SUBSEP phase
		if (count[key] == 0)
			line = line " - |"
		else
			line = line sprintf(" %.0f-%.0f |",
			    value[key, 1] / 1000, value[key, count[key]] / 1000)
	}
	print line
}

# What is left of a push when the application's start, its build script and
# the tools that carry it are taken away.
function ours(    i, line, left) {
	line = "| **ours** |"
	for (i = 1; i <= ncolumns; i++) {
		if (columns[i] ~ /^docker/) {
			line = line " - |"
			continue
		}
		left = median(columns[i], "0 push to live") - \
		    median("bare", "start") - median("bare", "build script") - \
		    median("bare", "ssh session")
		if (columns[i] ~ /^rsync/)
			left -= median("bare", "rsync of the tree")
		line = line sprintf(" **%.0f** |", left)
	}
	print line
}

END {
	print "| phase | rsync, first | rsync, second | git, first |" \
	    " git, second | docker, first | docker, second |"
	print "|---|--:|--:|--:|--:|--:|--:|"
	n = split("1 upload,2 queue,3 container,4 build,5 stop,6 snapshot," \
	    "7 layer,8 init,9 postinstall,a launch,b probe,c swap", order, ",")
	for (i = 1; i <= n; i++)
		row(order[i], substr(order[i], 3))
	row("0 push to live", "**push to live**")
	range("0 push to live", "from - to")
	ours()
	row("d command returns", "then, until the command returns")
	print ""
	print "| beside it | ms |"
	print "|---|--:|"
	print "| the program bare, until its first 200 | " \
	    cell("bare", "start") " |"
	print "| its build script bare | " cell("bare", "build script") " |"
	print "| `bash -lc true` in the base image | " \
	    cell("bare", "login shell") " |"
	print "| `rsync -a` of its tree, on one disk | " \
	    cell("bare", "rsync of the tree") " |"
	print "| an ssh session that is refused | " \
	    cell("bare", "ssh session") " |"
	print "| `dcloud check` | " cell("bare", "dcloud, one request") " |"
	print "| `dcloud run www true` | " cell("bare", "run") " |"
}
