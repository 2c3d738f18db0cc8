<%@ page contentType="text/plain; charset=UTF-8" %><%@ taglib
    prefix="c" uri="http://java.sun.com/jsp/jstl/core" %><c:set
    var="name" value="${empty param.name ? 'World' : param.name}" />Hello, <c:out value="${name}" />, from a JSP
