package io.varve.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What an operator needs to know of a setting: {@code docs/configuration.md} and the checks at start are made from it. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Setting {

    /** One sentence, or a few: what it does and what to mind. */
    String value();

    /** Of a number: {@code bytes}, {@code ms}, {@code files}, ... */
    String unit() default "";

    /** Lowest number allowed. */
    long min() default Long.MIN_VALUE;

    /** Highest number allowed. */
    long max() default Long.MAX_VALUE;

    /** A broker does not start without it, {@code dev} does. */
    boolean requiredByBroker() default false;

    /** Never shown in logs or messages. */
    boolean secret() default false;
}
