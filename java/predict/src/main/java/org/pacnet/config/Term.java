package org.pacnet.config;

import org.pacnet.error.DataException;

/**
 * A part of an equation of u(x, t), for {@link Pinn#of(Term)}: {@code U_T.plus(U.times(U_X)).minus(C.times(U_XX))} is what is left of Burgers' equation
 * where u does not solve it. It stands for the text that {@link Pinn#equation} has, which the core derives from, exactly; so it is made of these parts
 * alone, and nothing of the JVM is asked in training.
 */
public final class Term {

  /** The place, −1 to 1. */
  public static final Term X = new Term("x");

  /** The time, 0 to 1. */
  public static final Term T = new Term("t");

  /** The coefficient, a column of the table of points. */
  public static final Term C = new Term("c");

  /** What is looked for. */
  public static final Term U = new Term("u");

  /** ∂u/∂x. */
  public static final Term U_X = new Term("u_x");

  /** ∂u/∂t. */
  public static final Term U_T = new Term("u_t");

  /** ∂²u/∂x². */
  public static final Term U_XX = new Term("u_xx");

  /** ∂²u/∂t². */
  public static final Term U_TT = new Term("u_tt");

  private final String text;

  private Term(String text) {
    this.text = text;
  }

  /** A number; throws a {@link DataException} if it is not finite. */
  public static Term of(double number) {
    if (!Double.isFinite(number)) {
      throw new DataException("an equation is made of finite numbers, and not of " + number, "equation");
    }
    return new Term(number < 0 ? "(" + number + ")" : String.valueOf(Math.abs(number)));
  }

  /** This and another. */
  public Term plus(Term other) {
    return with("+", other);
  }

  /** This less another. */
  public Term minus(Term other) {
    return with("-", other);
  }

  /** The product of both. */
  public Term times(Term other) {
    return with("*", other);
  }

  /** So many times this. */
  public Term times(double number) {
    return times(of(number));
  }

  /** This by another. */
  public Term over(Term other) {
    return with("/", other);
  }

  /** This to a power. */
  public Term pow(double exponent) {
    of(exponent);
    return new Term("(" + text + "^" + exponent + ")");
  }

  /** Its sine. */
  public static Term sin(Term term) {
    return term.in("sin");
  }

  /** Its cosine. */
  public static Term cos(Term term) {
    return term.in("cos");
  }

  /** Its tangent. */
  public static Term tan(Term term) {
    return term.in("tan");
  }

  /** e to its power. */
  public static Term exp(Term term) {
    return term.in("exp");
  }

  /** Its natural logarithm. */
  public static Term log(Term term) {
    return term.in("log");
  }

  /** Its square root. */
  public static Term sqrt(Term term) {
    return term.in("sqrt");
  }

  /** Its hyperbolic tangent. */
  public static Term tanh(Term term) {
    return term.in("tanh");
  }

  /** Without its sign. */
  public static Term abs(Term term) {
    return term.in("abs");
  }

  private Term with(String operator, Term other) {
    return new Term("(" + text + operator + other.text + ")");
  }

  private Term in(String function) {
    return new Term(function + "(" + text + ")");
  }

  /** As an equation is written. */
  @Override
  public String toString() {
    return text;
  }
}
