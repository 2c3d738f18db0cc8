#!/bin/bash
# tests/integration/37-java.sh -- java: WAR files and directories in Jetty; JSP,
# servlets, the heap, versions; applications that do not start.
. "$(dirname "$0")/lib.sh"
plan 31
platform_up

push() {
	said=$(dcloud push 2>&1 </dev/null)
	rc=$?
	[ $rc -eq 0 ] || tail -n 30 <<<"$said" | sed 's/^/# /'
}

# service LINE...: a dotcloud.yml; the packages stay, and so does their layer.
service() {
	printf '%s\n' 'www:' '  type: java' \
	    '  systempackages: [openjdk-17-jdk-headless]' "$@" >dotcloud.yml
}

example java web
push
is "a push succeeds" $rc 0
like "jetty_version of 2012 is taken, with a warning" "$said" \
    "Warning: jetty_version: there is no 'jetty-8' any more; jetty 9\."
is "permgen is said to mean nothing, once" \
    "$(grep -c 'java_maximum_permgen_size has no effect' <<<"$said")" 1
is "ROOT.war is /, with a JSP and JSTL" "$(get web '/?name=%3Cyou%3E')" \
    "Hello, &lt;you&gt;, from a JSP"
is "a servlet by its annotation, the address that the world sees" \
    "$(get web /hello)" "Hello from web on Java, http://web-$user.localhost:$http_port/hello"
like "requests and Jetty's own words are in the log" "$(dcloud logs -N www)" \
    '"GET /hello HTTP/1.1" 200 '
cp "$root"/boxes/"$bridge"-i*/home/mnt/code/ROOT.war "$root/work/good.war"

# --- a WAR file as it is, and a directory -------------------------------------

rm -r src web make-war
mkdir -p app/heap/WEB-INF app/no-application
cp "$root/work/good.war" app/other.war
cat >app/heap/index.jsp <<'END_JSP'
<%@ page session="true" %><%= Runtime.getRuntime().maxMemory() >> 20 %> <%=
application.getContextPath() %> <%= new java.io.File(".").getCanonicalPath() %>
END_JSP
service '  approot: app' '  config: {java_maximum_heap_size: 96, java_version: java-6}'
push
is "WAR and directory" $rc 0
like "java_version of 2012" "$said" "Warning: java_version: there is no 'java-6' any more; java 17"
is "NAME.war is /NAME" "$(get web /other/)" "Hello, World, from a JSP"
like "so is a directory with WEB-INF; the heap" "$(get web /heap/index.jsp)" '^9[0-9] /heap /'
is "a directory without is none" "$(status web /no-application/)" 404
is "nothing is /" "$(status web)" 404

# --- what must fail, while the old version serves -----------------------------

cat >make-bad <<'END_SH'
#!/bin/sh
set -e
mkdir -p out/WEB-INF/classes
cat >Bad.java <<'END_JAVA'
@javax.servlet.annotation.WebListener
public class Bad implements javax.servlet.ServletContextListener {
	public void contextInitialized(javax.servlet.ServletContextEvent e) {
		throw new IllegalStateException("no database today");
	}
	public void contextDestroyed(javax.servlet.ServletContextEvent e) {
	}
}
END_JAVA
javac -cp /usr/share/java/servlet-api.jar -d out/WEB-INF/classes Bad.java
jar cf bad.war -C out .
END_SH
chmod +x make-bad
mv make-bad app
service '  approot: app' '  prebuild: ./make-bad'
push
is "an application that does not start fails the deployment" $rc 2
like "with its exception" "$said" 'IllegalStateException: no database today'
is "the old version serves" "$(get web /other/)" "Hello, World, from a JSP"

rm app/make-bad
service '  approot: app'
head -c 1000 "$root/work/good.war" >app/ROOT.war
push
is "half a WAR file fails" $rc 2
like "and is named" "$said" "'app/ROOT.war' is not a complete WAR file: "
rm -r app/heap app/*.war
push
is "no WAR file fails" $rc 2
like "and says what to do" "$said" "There is no .war in 'app': build it first"
touch app/pom.xml
push
like "a Maven project is told about Maven" "$said" \
    "There is a pom.xml but no .war in 'app': .*mvn package"
rm app/pom.xml
cp "$root/work/good.war" app/ROOT.war
# refuse CONFIG REGEX: a value that is refused, and how.
refuse() {
	service '  approot: app' "  config: {$1}"
	push
	is "refused: $1" $rc 2
	like "with a reason" "$said" "$2"
}
refuse 'java_maximum_heap_size: lots' \
    "java_maximum_heap_size is a number from 8 to 65536, not 'lots'"
refuse 'java_initial_heap_size: 999' \
    'java_initial_heap_size \(999\) is more than java_maximum_heap_size \(256\)'
refuse 'jetty_version: tomcat-7' \
    "jetty_version: there is no jetty 'tomcat-7' here; there is jetty 9"
refuse 'java_version: java-99' \
    "java_version: there is no java 'java-99' here; there is java 17"
is "and still the old version serves" "$(get web /other/)" "Hello, World, from a JSP"

# --- made by a hook after the build -------------------------------------------

mv app/ROOT.war app/later.bin
printf '#!/bin/sh\nmv later.bin ROOT.war\n' >app/postinstall
chmod +x app/postinstall
service '  approot: app' '  config: {jetty_version: 9, java_version: v17.x}'
push
is "a WAR file that postinstall makes" "$rc $(get web)" "0 Hello, World, from a JSP"
unlike "the versions that there are need no warning" "$said" Warning
