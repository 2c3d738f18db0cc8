#!/bin/bash
# tests/integration/36-perl.sh -- perl: PSGI applications behind nginx and uWSGI,
# modules by cpanm out of a small CPAN of the test's own; perl-worker.
. "$(dirname "$0")/lib.sh"
plan 54
platform_up

push() {
	said=$(dcloud push "$@" 2>&1 </dev/null)
	rc=$?
}

# service LINE...: a dotcloud.yml.
service() { printf '%s\n' 'www:' '  type: perl' "$@" >dotcloud.yml; }

# refuse WHAT REGEX: a push that fails, and how.
refuse() {
	push
	is "$1 fails" $rc 2
	like "and says why" "$said" "$2"
}

# The newest instance's; the one before may be there for a while.
home() {
	local boxes
	mapfile -t boxes < <(printf '%s\n' "$root"/boxes/"$bridge"-i* | sort -V)
	echo "${boxes[-1]}/home/mnt"
}

# --- the example --------------------------------------------------------------

example perl dance
push
is "a push succeeds" $rc 0
like "Makefile.PL is read" "$said" '\[www\] Running cpanm --installdeps \.'
is "Dancer answers" "$(get dance)" "Hello from dance on Dancer"
is "by the path, in Plack's environment" "$(get dance /hello/you)" \
    "Hello, you, in deployment"
is "static/ is nginx's" "$(get dance /static/site.css)" "body { color: teal }"
is "the application's 404 is its own" "$(status dance /nope)" 404
like "uwsgi_processes is taken" "$(cat "$(home)/.dcloud/uwsgi.ini")" \
    '^processes = 2$'
push
like "the second push keeps what is installed" "$said" 'requirements are unchanged'

# --- as people wrote them in 2012 ---------------------------------------------

rm -r static Makefile.PL app.psgi
mkdir -p web/bin web/lib web/views
echo "require 'bin/app.pl';" >web/app.psgi
cat >web/bin/app.pl <<'END_PL'
#!/usr/bin/env perl
use Dancer;
use helloperl;
dance;
END_PL
cat >web/lib/helloperl.pm <<'END_PL'
package helloperl;
use Dancer ':syntax';
our $VERSION = '0.1';
get '/' => sub { template 'index', { name => config->{appname} } };
get '/static/made' => sub { "made\n" };
true;
END_PL
echo 'appname: "helloperl"' >web/config.yml
echo '<% name %> in a template' >web/views/index.tt
cat >web/Makefile.PL <<'END_PL'
use ExtUtils::MakeMaker;
WriteMakefile(NAME => 'helloperl', VERSION_FROM => 'lib/helloperl.pm',
    PREREQ_PM => { 'Test::More' => 0, 'YAML' => 0, 'Dancer' => 1.3113,
    'Plack' => 0 });
END_PL
service '  approot: web' '  requirements: [App::cpanminus]' \
    '  config: {perl_version: v5.14.x}'
push
is "the application of dotCloud's documents" "$rc $(get dance)" \
    "0 helloperl in a template"
is "its perl_version is one warning" "$(grep -c "Warning: perl_version: there is no perl 'v5\.14\.x' any more; the application runs on v5\.[0-9]*$" <<<"$said")" 1
is "what is not in static/ is the application's" "$(get dance /static/made)" made

rm -r web/*
mkdir -p web/lib
cat >web/lib/Mine.pm <<'END_PL'
package Mine;
sub mode { "@_" }
1;
END_PL
cat >web/app.psgi <<'END_PL'
#!/usr/bin/env perl
use Mojolicious::Lite;
use FindBin;
use lib "$FindBin::Bin/lib";
use Mine;
get '/' => sub { shift->render('index', mode => Mine::mode(app->mode)) };
app->start;
__DATA__
@@ index.html.ep
Mojolicious in <%= $mode %>
END_PL
push
is "Mojolicious::Lite in one file" "$rc $(get dance)" "0 Mojolicious in deployment"
cat >web/nginx.conf <<'END_CONF'
location /static/ {
	return 200 "snippet\n";
}
END_CONF
echo 'uwsgi_param X_SNIPPET of-the-approot;' >web/uwsgi.conf
cat >web/app.psgi <<'END_PL'
use Plack::Builder;
builder {
    mount '/snippet' => sub { [200, [], ["$_[0]{X_SNIPPET}\n"]] };
    mount '/' => sub { [200, [], ["$_[0]{REQUEST_METHOD} $0\n"]] };
};
END_PL
push
is "Plack::Builder without more ado" "$(get dance)" "GET app.psgi"
is "*nginx.conf may have a /static/" "$(get dance /static/x)" snippet
is "*uwsgi.conf" "$(get dance /snippet)" of-the-approot

# --- CPAN ---------------------------------------------------------------------

python3 "$top/tests/integration/36-cpan.py" mirror
mirror='--mirror-only --mirror file:///home/dotcloud/code/mirror'
service '  approot: web' '  requirements: [Swift]' \
    "  environment: {PERL_CPANM_OPT: '$mirror'}"
cat >web/Makefile.PL <<'END_PL'
use ExtUtils::MakeMaker;
WriteMakefile(NAME => 'Web', VERSION => 1, PREREQ_PM => { Shout => '2.0' });
END_PL
cat >web/app.psgi <<'END_PL'
use Shout;
use Swift;
sub { [200, [], [join ' ', Shout::text(), Swift::answer(), `shout`]] };
END_PL
push
is "modules of the mirror that the environment names" $rc 0
like "cpanm is seen working" "$said" '\[www\] Successfully installed Shout-2\.00'
is "a dependency's dependency, an extension in C, a program" "$(get dance)" \
    "GREET 1.10! 42 GREET 1.10!"
ok "all of it is in ~/perl5" test -f "$(home)/perl5/lib/perl5/Greet.pm"
ok "and no Makefile in ~/current" test ! -e "$(home)/code/web/Makefile"
push
like "a push without a change" "$said" 'requirements are unchanged'
unlike "installs nothing" "$said" '(Fetching|Successfully installed)'
is "and answers as before" "$(get dance)" "GREET 1.10! 42 GREET 1.10!"
push --clean
like "--clean installs afresh" "$said" 'Successfully installed Shout-2\.00'

mkdir web/vendor
mv mirror web/vendor/cache
service '  approot: web' '  requirements: [Swift]'
cat >web/cpanfile <<'END_PL'
requires 'Shout', '>= 2.0';
END_PL
rm web/Makefile.PL
push --clean
is "a cpanfile, and a bundle in vendor/cache" "$rc $(get dance)" \
    "0 GREET 1.10! 42 GREET 1.10!"
rm web/cpanfile
cat >web/Build.PL <<'END_PL'
use Module::Build;
Module::Build->new(module_name => 'Web', dist_version => 1,
    dist_author => 'nobody', dist_abstract => 'a test',
    requires => { Shout => '2.0', Swift => 0 })->create_build_script;
END_PL
service '  approot: web' '  postinstall: perl -MShout -e "print Shout::text()" >hook'
push --clean
is "a Build.PL" "$rc $(get dance)" "0 GREET 1.10! 42 GREET 1.10!"
is "a hook has the modules as well" "$(cat "$(home)/current/hook")" "GREET 1.10!"

# --- what must fail, while the old version serves -----------------------------

service '  approot: web' '  requirements: [No::Such::Thing]'
refuse "a module that is not there" \
    "Couldn't find module or a distribution No::Such::Thing"
service '  approot: web' '  requirements: [Not::Here]' \
    '  environment: {PERL_CPANM_OPT: --mirror-only --mirror file:///nowhere}'
refuse "a mirror that is not there" \
    'The list of modules cannot be fetched: PERL_CPANM_OPT in environment:'
service '  approot: web' '  requirements: [Rotten]'
refuse "a module that does not compile" 'error this has never compiled'
service '  approot: web' "  requirements: ['--sudo']"
refuse "an option for a module" "requirements: '--sudo' is no module: write NAME"
for version in v5.99.x five v4.036; do
	service '  approot: web' "  config: {perl_version: $version}"
	refuse "perl_version $version" \
	    "perl_version: there is no perl '$version' here; there is v5\.[0-9]+ \(5\.[0-9.]+\)"
done
service '  approot: web' '  config: {uwsgi_processes: many}'
push
like "a bad value is refused" "$said" \
    "config: uwsgi_processes is a number from 1 to 128, not 'many'"
service '  approot: web'
mv web/app.psgi app.bak
refuse "no app.psgi" "there is no app\.psgi in 'web': it says which PSGI application"
printf 'use strict;\nmy $app = sub { [200, [], ["x"]] };\n$ap;\n' >web/app.psgi
refuse "a mistake in app.psgi" 'Global symbol "\$ap" requires explicit package'
mv app.bak web/app.psgi
cp web/nginx.conf good.conf
echo 'locaton / {' >web/nginx.conf
refuse "a broken snippet" 'unknown directive "locaton"'
mv good.conf web/nginx.conf
is "and still the old version serves" "$(get dance)" "GREET 1.10! 42 GREET 1.10!"

# --- a server of the application's own, a worker -----------------------------------------------------------------

service '  approot: web' '  process: plackup -p 8080 own.psgi'
cat >>dotcloud.yml <<'END_YML'
work:
  type: perl-worker
  approot: jobs
END_YML
mkdir jobs
mv web/vendor jobs/
rm web/Build.PL
echo 'sub { [200, [], ["plain psgi\n"]] };' >web/own.psgi
rm web/app.psgi
refuse "a worker without a process" 'Nothing says what to run: put a supervisord\.conf'
echo "requires 'Shout';" >jobs/cpanfile
cat >jobs/supervisord.conf <<'END_CONF'
[program:w]
command = perl -MShout -e '$| = 1; print Shout::text(), "\n"; sleep'
END_CONF
push
like "without app.psgi a process has to listen" "$said" \
    'There is no app\.psgi in the approot: a process of the application has to'
is "web and worker" "$rc $(get dance)" "0 plain psgi"
ok "the worker has its modules" wait_until 20 \
    grep -hx 'GREET 1.10!' "$root"/boxes/"$bridge"-i*/log/w.log
